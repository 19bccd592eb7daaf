//! Plots as inline SVG: lines and dots over two axes, with a legend that does not rely on colour.

mod scale;

use std::fmt::Write as _;

pub use scale::Kind;
use scale::Scale;

use crate::markup::escape;
use crate::units;

/// The picture's own units. It is as wide as its place allows, and text grows in them where that is narrow: see
/// `page.css`.
const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 310.0;
const LEFT: f64 = 62.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 52.0;

/// More points than this are drawn as one for several: every second unit of the width.
const POINTS_MAX: usize = 240;

/// Labels of marks are cut to this many characters, the whole is in the table of faults.
const MARK_CHARACTERS_MAX: usize = 22;

/// Labels of marks that follow each other stand on so many rows in turn, above the lines.
const MARK_ROWS: usize = 3;
const MARK_ROW: f64 = 20.0;

/// Room that a letter of a word on the x axis needs, and the gap to the next word, in the text size of a narrow screen;
/// where the words do not all fit, only each second or third is written.
const LETTER: f64 = 10.5;
const NAME_GAP: f64 = 8.0;

/// How much of a unit of the x axis the bars take; the rest is the gap to the next.
const BAR_SHARE: f64 = 0.72;

/// An axis: what it shows, its unit with it, and how it is divided.
#[derive(Clone, Debug)]
pub struct Axis {
    /// Words beside it.
    pub label: String,
    /// How it is divided.
    pub kind: Kind,
}

/// How points are drawn. Both colour and dashes follow from the number of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// A line; of several points that share a place it shows their mean.
    Line,
    /// A line; of several points that share a place it shows the largest.
    Peaks,
    /// A filled circle at each point.
    Circles,
    /// An open square at each point.
    Squares,
    /// A cross at each point.
    Crosses,
    /// A bar from zero at each point, one unit of the x axis for the bars of all lines together: the first line's are
    /// filled, those of the others outlined.
    Bars,
}

/// What is plotted under one name.
#[derive(Clone, Debug)]
pub struct Plotted {
    /// What it is, for the legend.
    pub name: String,
    /// How it is drawn.
    pub look: Look,
    /// x and y of each point.
    pub points: Vec<(f64, f64)>,
}

/// A place on the x axis that is marked.
#[derive(Clone, Debug)]
pub struct Mark {
    /// Its x.
    pub at: f64,
    /// What is there.
    pub label: String,
}

/// A plot.
#[derive(Clone, Debug)]
pub struct Chart {
    /// Heading; no two plots of a page have the same.
    pub title: String,
    /// The axis to the right.
    pub x: Axis,
    /// The axis upwards.
    pub y: Axis,
    /// What is shown.
    pub plotted: Vec<Plotted>,
    /// Places on the x axis.
    pub marks: Vec<Mark>,
    /// Words on the x axis at these places, instead of numbers; none = numbers.
    pub names: Vec<(f64, String)>,
}

struct Frame {
    x: Scale,
    y: Scale,
    /// Where the axes end: lower where labels of marks need room.
    top: f64,
}

impl Frame {
    fn x(&self, value: f64) -> Option<f64> {
        self.x.place(value).map(|place| LEFT + place * (WIDTH - LEFT - RIGHT))
    }

    fn y(&self, value: f64) -> Option<f64> {
        self.y.place(value).map(|place| HEIGHT - BOTTOM - place * (HEIGHT - self.top - BOTTOM))
    }

    fn point(&self, (x, y): (f64, f64)) -> Option<(f64, f64)> {
        Some((self.x(x)?, self.y(y)?))
    }
}

impl Chart {
    /// The plot as a `figure`. `doubt` says why it cannot be believed; it is grey then.
    pub fn figure(&self, doubt: Option<&str>) -> String {
        let title = escape(&self.title);
        let class = if doubt.is_some() { "plot doubtful" } else { "plot" };
        let inner = if self.is_empty() {
            "<p class=\"none\">not measured</p>".to_owned()
        } else {
            format!("{}{}", self.svg(&doubt.map_or_else(|| self.description(), str::to_owned)), self.legend())
        };
        let doubt = doubt.map(|doubt| format!("<p class=\"doubt\">{}</p>", escape(doubt))).unwrap_or_default();
        format!("<figure class=\"{class}\"><figcaption><h3>{title}</h3></figcaption>{doubt}{inner}</figure>\n")
    }

    /// Whether there is nothing to see.
    pub fn is_empty(&self) -> bool {
        let seen = |value: f64| value.is_finite() && (self.y.kind != Kind::Log || value > 0.0);
        !self.plotted.iter().flat_map(|plotted| &plotted.points).any(|point| seen(point.1))
    }

    fn svg(&self, description: &str) -> String {
        let points = || self.plotted.iter().flat_map(|plotted| plotted.points.iter());
        let marks = self.marks.iter().map(|mark| mark.at);
        let frame = Frame {
            x: Scale::of(self.x.kind, points().map(|point| point.0).chain(marks).chain(self.edges_of_bars())),
            y: Scale::of(self.y.kind, points().map(|point| point.1)),
            top: TOP + MARK_ROW * self.marks.len().min(MARK_ROWS) as f64,
        };
        let name: String = self.title.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let mut svg = format!(
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-labelledby=\"t-{name} d-{name}\">\
             <title id=\"t-{name}\">{}</title><desc id=\"d-{name}\">{}</desc>",
            escape(&self.title),
            escape(description)
        );
        self.write_axes(&frame, &mut svg);
        let bars = self.plotted.iter().filter(|plotted| plotted.look == Look::Bars).count();
        for (index, plotted) in self.plotted.iter().enumerate() {
            match plotted.look {
                Look::Bars => plotted.write_bars(index, bars, &frame, &mut svg),
                _ => plotted.write(index, &frame, &mut svg),
            }
        }
        // Above the lines, so that their labels can be read.
        self.write_marks(&frame, &mut svg);
        svg.push_str("</svg>");
        svg
    }

    /// Where the bars of a point begin and end: they need room on both of its sides.
    fn edges_of_bars(&self) -> impl Iterator<Item = f64> {
        let bars = self.plotted.iter().filter(|plotted| plotted.look == Look::Bars);
        bars.flat_map(|plotted| &plotted.points).flat_map(|point| [point.0 - 0.5, point.0 + 0.5])
    }

    /// The ticks of the x axis with their words.
    fn x_ticks(&self, frame: &Frame) -> Vec<(f64, String)> {
        if self.names.is_empty() {
            return frame.x.ticks.iter().map(|tick| (*tick, Scale::label(*tick))).collect();
        }
        let longest = self.names.iter().map(|(_, words)| words.chars().count()).max().unwrap_or_default();
        let fitting = ((WIDTH - LEFT - RIGHT) / (longest as f64 * LETTER + NAME_GAP)).max(1.0);
        let each = self.names.len().div_ceil(fitting as usize).max(1);
        self.names.iter().step_by(each).cloned().collect()
    }

    fn write_axes(&self, frame: &Frame, svg: &mut String) {
        let (right, bottom, top) = (WIDTH - RIGHT, HEIGHT - BOTTOM, frame.top);
        for tick in &frame.y.ticks {
            let Some(y) = frame.y(*tick) else { continue };
            let _ = write!(
                svg,
                "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{right}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" class=\"end\">{}</text>",
                LEFT - 6.0,
                y + 4.0,
                Scale::label(*tick)
            );
        }
        for (tick, words) in self.x_ticks(frame) {
            let Some(x) = frame.x(tick) else { continue };
            // At the right edge the number ends with the picture.
            let (class, shift) = if x + RIGHT >= right { ("end", RIGHT - 2.0) } else { ("middle", 0.0) };
            let _ = write!(
                svg,
                "<path class=\"grid\" d=\"M{x:.1} {bottom}V{top}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" class=\"{class}\">{}</text>",
                x + shift,
                bottom + 19.0,
                escape(&words)
            );
        }
        let _ = write!(
            svg,
            "<path class=\"axis\" d=\"M{LEFT} {top}V{bottom}H{right}\"/>\
             <text x=\"2\" y=\"16\" class=\"label\">{}</text>\
             <text x=\"{right}\" y=\"{:.1}\" class=\"label end\">{}</text>",
            escape(&self.y.label),
            HEIGHT - 8.0,
            escape(&self.x.label)
        );
    }

    fn write_marks(&self, frame: &Frame, svg: &mut String) {
        for (index, mark) in self.marks.iter().enumerate() {
            let Some(x) = frame.x(mark.at) else { continue };
            // Towards the middle, so that no label leaves the picture.
            let row = (index % MARK_ROWS) as f64;
            let (class, shift) = if x < WIDTH / 2.0 { ("mark", 4.0) } else { ("mark end", -4.0) };
            let _ = write!(
                svg,
                "<path class=\"mark\" d=\"M{x:.1} {}V{}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" class=\"{class}\">{}</text>",
                TOP + MARK_ROW * row,
                HEIGHT - BOTTOM,
                x + shift,
                TOP + 12.0 + MARK_ROW * row,
                escape(&cut(&mark.label))
            );
        }
    }

    /// The plot in words, for those who do not see it.
    fn description(&self) -> String {
        let mut text = format!("{} over {}.", self.y.label, self.x.label);
        for plotted in self.plotted.iter().filter(|plotted| !plotted.points.is_empty()) {
            let values = || plotted.points.iter().map(|point| point.1).filter(|value| value.is_finite());
            let low = values().fold(f64::INFINITY, f64::min);
            let high = values().fold(f64::NEG_INFINITY, f64::max);
            let _ =
                write!(text, " {}: from {} to {}.", plotted.name, units::significant(low), units::significant(high));
        }
        for mark in &self.marks {
            let _ = write!(text, " Marked at {}: {}.", units::significant(mark.at), mark.label);
        }
        text
    }

    fn legend(&self) -> String {
        let mut list = String::from("<ul class=\"legend\">");
        for (index, plotted) in self.plotted.iter().enumerate().filter(|(_, plotted)| !plotted.points.is_empty()) {
            let sample = match plotted.look {
                Look::Line | Look::Peaks => format!("<path class=\"line l{index}\" d=\"M1 7H33\"/>"),
                Look::Bars => bar(index, (11.0, 2.0), (12.0, 11.0)),
                dots => shape(dots, index, 17.0, 7.0),
            };
            let _ = write!(
                list,
                "<li><svg viewBox=\"0 0 34 14\" width=\"34\" height=\"14\" aria-hidden=\"true\">{sample}</svg>{}</li>",
                escape(&plotted.name)
            );
        }
        list.push_str("</ul>");
        list
    }
}

impl Plotted {
    /// The bars of the line with this number, of so many lines of bars.
    fn write_bars(&self, index: usize, of: usize, frame: &Frame, svg: &mut String) {
        let share = BAR_SHARE / of.max(1) as f64;
        for (at, value) in self.points.iter().filter(|point| point.1.is_finite()) {
            let left = at - BAR_SHARE / 2.0 + share * index as f64;
            let (Some(x), Some(end)) = (frame.x(left), frame.x(left + share)) else { continue };
            let (Some(y), Some(zero)) = (frame.y(*value), frame.y(0.0)) else { continue };
            svg.push_str(&bar(index, (x, y), ((end - x).max(1.0), zero - y)));
        }
    }

    fn write(&self, index: usize, frame: &Frame, svg: &mut String) {
        match self.look {
            Look::Line | Look::Peaks => {
                let _ = write!(svg, "<path class=\"line l{index}\" d=\"{}\"/>", self.path(frame));
            }
            dots => {
                for (x, y) in self.points.iter().filter_map(|point| frame.point(*point)) {
                    svg.push_str(&shape(dots, index, x, y));
                }
            }
        }
    }

    /// The line, interrupted where a value has no place (a second in which nothing ended has no latency).
    fn path(&self, frame: &Frame) -> String {
        let mut path = String::new();
        let mut drawing = false;
        for point in self.thinned(frame).into_iter().map(|point| frame.point(point)) {
            match point {
                Some((x, y)) => {
                    let _ = write!(path, "{}{x:.1} {y:.1}", if drawing { 'L' } else { 'M' });
                    // A single point shows as a dot, by the round ends of a line of no length.
                    if !drawing {
                        let _ = write!(path, "h0");
                    }
                    drawing = true;
                }
                None => drawing = false,
            }
        }
        path
    }

    /// The points, or one for each few of them where there are more than can be seen.
    fn thinned(&self, frame: &Frame) -> Vec<(f64, f64)> {
        let each = self.points.len().div_ceil(POINTS_MAX).max(1);
        let thin = |few: &[(f64, f64)]| {
            let placed: Vec<_> = few.iter().filter(|point| frame.point(**point).is_some()).collect();
            let Some(first) = placed.first() else { return (f64::NAN, f64::NAN) };
            let values = placed.iter().map(|point| point.1);
            let value = match self.look {
                Look::Peaks => values.fold(f64::NEG_INFINITY, f64::max),
                _ => values.sum::<f64>() / placed.len() as f64,
            };
            (first.0, value)
        };
        self.points.chunks(each).map(thin).collect()
    }
}

fn shape(look: Look, index: usize, x: f64, y: f64) -> String {
    match look {
        Look::Squares => {
            format!(
                "<rect class=\"open o{index}\" x=\"{:.1}\" y=\"{:.1}\" width=\"9\" height=\"9\"/>",
                x - 4.5,
                y - 4.5
            )
        }
        Look::Crosses => {
            format!("<path class=\"open o{index}\" d=\"M{:.1} {:.1}l9 9m0 -9l-9 9\"/>", x - 4.5, y - 4.5)
        }
        Look::Circles | Look::Line | Look::Peaks | Look::Bars => {
            format!("<circle class=\"full o{index}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\"/>")
        }
    }
}

/// A bar with its upper left corner and its size.
fn bar(index: usize, (x, y): (f64, f64), (width, height): (f64, f64)) -> String {
    let class = if index == 0 { "full" } else { "open" };
    format!("<rect class=\"{class} o{index}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>")
}

fn cut(label: &str) -> String {
    if label.chars().count() <= MARK_CHARACTERS_MAX {
        return label.to_owned();
    }
    let begin: String = label.chars().take(MARK_CHARACTERS_MAX - 1).collect();
    format!("{}…", begin.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(kind: Kind, points: &[(f64, f64)]) -> Chart {
        let axis = |label: &str, kind| Axis { label: label.to_owned(), kind };
        let plotted = Plotted { name: "line".to_owned(), look: Look::Line, points: points.to_vec() };
        Chart {
            title: "Title".to_owned(),
            x: axis("time, s", Kind::Time),
            y: axis("latency, ms", kind),
            plotted: vec![plotted],
            marks: Vec::new(),
            names: Vec::new(),
        }
    }

    /// How many pieces the first line of a plot has.
    fn pieces(figure: &str) -> Option<usize> {
        let line = figure.split("class=\"line l0\" d=\"").nth(1)?;
        Some(line.split('"').next()?.matches('M').count())
    }

    #[test]
    fn a_line_is_interrupted_where_there_is_no_value() {
        let points = [(0.0, 1.0), (1.0, 2.0), (2.0, 0.0), (3.0, 4.0), (4.0, f64::NAN), (5.0, 1.0)];
        assert_eq!(pieces(&chart(Kind::Log, &points).figure(None)), Some(3));
        assert_eq!(pieces(&chart(Kind::Linear, &points).figure(None)), Some(2));
    }

    #[test]
    fn only_values_without_a_place_are_nothing() {
        assert!(chart(Kind::Log, &[(0.0, 0.0)]).is_empty());
        assert!(!chart(Kind::Linear, &[(0.0, 0.0)]).is_empty(), "no errors is a measure of errors");
        assert!(chart(Kind::Linear, &[(0.0, f64::NAN)]).is_empty());
    }

    #[test]
    fn a_plot_is_told_in_words() {
        let mut chart = chart(Kind::Log, &[(0.0, 1.0), (9.0, 20.0)]);
        chart.marks.push(Mark { at: 5.0, label: "kill -9".to_owned() });
        let told = "latency, ms over time, s. line: from 1 to 20. Marked at 5: kill -9.";
        assert!(chart.figure(None).contains(&format!("<desc id=\"d-Title\">{told}</desc>")));
        assert!(!chart.figure(Some("not believable")).contains("from 1 to 20"));
    }

    #[test]
    fn bars_stand_beside_each_other_under_their_names() {
        let mut chart = chart(Kind::Linear, &[(0.5, 4.0), (1.5, 2.0)]);
        chart.plotted.push(chart.plotted[0].clone());
        chart.plotted.iter_mut().for_each(|plotted| plotted.look = Look::Bars);
        chart.x.kind = Kind::Time;
        chart.names = vec![(0.5, "Jan".to_owned()), (1.5, "Feb <3".to_owned())];
        let figure = chart.figure(None);
        assert_eq!(figure.matches("<rect class=\"full o0\"").count(), 2 + 1, "two and the legend's");
        assert_eq!(figure.matches("<rect class=\"open o1\"").count(), 2 + 1);
        assert!(figure.contains(">Jan</text>") && figure.contains(">Feb &lt;3</text>"), "{figure}");
        assert!(!figure.contains(">1.5</text>"), "words in the place of numbers");
        // Half of the higher one's height, on the same ground.
        let heights: Vec<f64> =
            figure.split("height=\"").skip(1).filter_map(|rest| rest.split('"').next()?.parse().ok()).collect();
        assert!((heights[0] - 2.0 * heights[1]).abs() < 0.2, "{heights:?}");
    }

    #[test]
    fn long_labels_are_cut_between_characters() {
        assert_eq!(cut("stopped for 5 s"), "stopped for 5 s");
        assert_eq!(cut("ééééééééééééééééééééééééé").chars().count(), MARK_CHARACTERS_MAX);
    }
}
