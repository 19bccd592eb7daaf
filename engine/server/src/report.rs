//! Reports: `phytohub report` and GET /v1/report, of a running hub and of a directory that rests.
//!
//! Both count the tracks part by part, by the same command of the shards, and make the same report of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use phytohub_core::registry::Registry;
use phytohub_core::shard::{Account, Answer, Command, Wanted};
use phytohub_journal::RealDisk;
use phytohub_model::{FaultKind, ShardId, Timestamp};
use phytohub_operate::Span;
use phytohub_operate::layout::Layout;
use phytohub_report::{Asked, By, Facts, Known, Member, Prices, Report, Row, assemble};
use phytohub_shard::{Parts, Recovered, recover};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::admin::{Problem, fail};
use crate::clock;
use crate::config::Config;
use crate::hub::{Hub, core_settings};
use crate::members;
use crate::shard::{ShardHandle, log_settings};
use crate::statistics;

/// Section `[report]`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReportSettings {
    /// Price file, relative to the hub's directory; empty = reports say nothing of money.
    pub prices: PathBuf,
    /// Envelopes a second that the hub is proven to hold; 0 = not measured.
    pub capacity: f64,
    /// How long the statistics of each minute are kept.
    pub keep_statistics: Span,
}

impl Default for ReportSettings {
    fn default() -> Self {
        // Three years and a bit: a report of a year and of the one before it.
        Self { prices: PathBuf::new(), capacity: 0.0, keep_statistics: Span::seconds(1200 * 86_400) }
    }
}

impl ReportSettings {
    /// Refuses what means nothing.
    pub(crate) fn check(&self) -> Result<(), String> {
        if !self.capacity.is_finite() || self.capacity < 0.0 {
            return Err(format!("[report] capacity is {}; envelopes a second, 0 = not measured", self.capacity));
        }
        Ok(())
    }
}

/// What a report is asked for, as in the address of GET /v1/report.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Wish {
    /// First day, `2026-01-01`.
    pub from: String,
    /// Last day, itself included.
    pub to: String,
    /// `month`, `member`, `pair` or `type`.
    #[serde(default = "month")]
    pub by: String,
    /// `html`, `csv` or `json`.
    #[serde(default = "html")]
    pub format: String,
}

fn month() -> String {
    "month".to_owned()
}

fn html() -> String {
    "html".to_owned()
}

/// A form of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Html,
    Csv,
    Json,
}

impl Format {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "html" => Ok(Self::Html),
            "csv" => Ok(Self::Csv),
            "json" => Ok(Self::Json),
            other => Err(format!("format '{other}' is not known; html, csv and json are")),
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
        }
    }
}

/// A wish that can be fulfilled.
#[derive(Clone, Debug)]
struct Order {
    asked: Asked,
    by: By,
    format: Format,
    prices: Option<Prices>,
}

impl Order {
    /// Reads a wish; `prices` is the text of a price file that goes before the one of the settings.
    fn read(wish: &Wish, prices: Option<&str>, now: Timestamp) -> Result<Self, String> {
        Ok(Self {
            asked: Asked::new(&wish.from, &wish.to, now).map_err(|error| error.to_string())?,
            by: wish.by.parse()?,
            format: Format::parse(&wish.format)?,
            prices: prices.map(Prices::parse).transpose()?,
        })
    }

    /// The part of the tracks to begin with: those of the period before are counted by day.
    fn first_part(&self) -> Wanted {
        Wanted { slot: 0, from: self.asked.previous_from().start(), until: self.asked.until() }
    }
}

/// The price file that the settings name.
fn prices_of(settings: &ReportSettings, layout: &Layout) -> Result<Option<Prices>, String> {
    if settings.prices.as_os_str().is_empty() {
        return Ok(None);
    }
    let file = layout.dir().join(&settings.prices);
    let complain = |error: &dyn std::fmt::Display| format!("{} ([report] prices): {error}", file.display());
    let text = std::fs::read_to_string(&file).map_err(|error| complain(&error))?;
    Prices::parse(&text).map(Some).map_err(|error| complain(&error))
}

fn add(facts: &mut Facts, part: Account) {
    for row in part.rows {
        let phytohub_core::shard::AccountRow { day, from, to, copies, document, tally } = row;
        facts.add(&Row { day, from, to, copies, document, tally });
    }
}

/// All that is left to do when the tracks are counted: it reads files and takes a while.
fn finish(
    mut order: Order,
    facts: &Facts,
    registry: &Registry,
    config: &Config,
    layout: &Layout,
) -> Result<Made, String> {
    if order.prices.is_none() {
        order.prices = prices_of(&config.report, layout)?;
    }
    let observed = statistics::read(layout, &order.asked)?;
    let mut members: Vec<Member> =
        registry.nppos().map(|nppo| Member { code: nppo.code, name: nppo.name.clone(), active: nppo.active }).collect();
    members.sort_by_key(|member| member.code);
    let documents: BTreeMap<i32, String> =
        registry.documents().into_iter().map(|document| (document.kind.0, document.name)).collect();
    let report = assemble(&Known {
        asked: order.asked,
        by: order.by,
        facts,
        observed: &observed,
        members: &members,
        documents: &documents,
        version: env!("CARGO_PKG_VERSION"),
        tracks_kept: config.forget.track_retention.0,
        capacity: (config.report.capacity > 0.0).then_some(config.report.capacity),
        prices: order.prices.as_ref(),
    });
    Ok(Made { text: text(&report, order.format)?, format: order.format, reconciles: report.reconciles })
}

/// A report, ready to leave.
struct Made {
    text: String,
    format: Format,
    reconciles: bool,
}

fn text(report: &Report, format: Format) -> Result<String, String> {
    Ok(match format {
        Format::Html => phytohub_report::page(report),
        Format::Csv => phytohub_report::csv(report),
        Format::Json => phytohub_report::json(report)? + "\n",
    })
}

/// Routes of the admin address.
pub(crate) fn routes<S>(hub: Arc<Hub>) -> Router<S> {
    Router::new().route("/v1/report", get(without_prices).post(with_prices)).with_state(hub)
}

/// The report of a period.
#[utoipa::path(get, path = "/v1/report", tag = "look", params(Wish), responses(
    (status = 200, content((Report = "application/json"), (String = "text/html"), (String = "text/csv"))),
    (status = 400, body = Problem, description = "What was asked cannot be read."),
    (status = 500, body = Problem, description = "A file cannot be read."),
    (status = 503, body = Problem, description = "The hub is too busy, or stopping."),
))]
pub(crate) async fn without_prices(State(hub): State<Arc<Hub>>, Query(wish): Query<Wish>) -> Response {
    answer(of_hub(&hub, &wish, None).await)
}

/// The report of a period with what it cost; the body is a price file.
#[utoipa::path(post, path = "/v1/report", tag = "look", params(Wish),
    request_body(content = String, content_type = "text/plain", description = "A price file, TOML"), responses(
    (status = 200, content((Report = "application/json"), (String = "text/html"), (String = "text/csv"))),
    (status = 400, body = Problem, description = "What was asked cannot be read."),
    (status = 500, body = Problem, description = "A file cannot be read."),
    (status = 503, body = Problem, description = "The hub is too busy, or stopping."),
))]
pub(crate) async fn with_prices(State(hub): State<Arc<Hub>>, Query(wish): Query<Wish>, prices: String) -> Response {
    answer(of_hub(&hub, &wish, Some(&prices)).await)
}

fn answer(made: Result<Made, (StatusCode, String)>) -> Response {
    match made {
        Ok(made) => {
            let head = [
                (header::CONTENT_TYPE, made.format.media_type()),
                (header::CONTENT_SECURITY_POLICY, phytohub_plot::page::POLICY),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (header::CACHE_CONTROL, "no-store"),
            ];
            (head, made.text).into_response()
        }
        Err((status, error)) => fail(status, error),
    }
}

/// Reports that are made at once: each holds the counts of a period in memory.
static AT_ONCE: Semaphore = Semaphore::const_new(1);

async fn of_hub(hub: &Arc<Hub>, wish: &Wish, prices: Option<&str>) -> Result<Made, (StatusCode, String)> {
    let failed = |error: String| (StatusCode::INTERNAL_SERVER_ERROR, error);
    let order = Order::read(wish, prices, clock::now()).map_err(|error| (StatusCode::BAD_REQUEST, error))?;
    let _turn = AT_ONCE.acquire().await.map_err(|error| failed(error.to_string()))?;
    let mut facts = Facts::new(&order.asked);
    for shard in hub.shards() {
        let mut wanted = order.first_part();
        loop {
            let part = part_of(shard, wanted).await.map_err(|error| (StatusCode::SERVICE_UNAVAILABLE, error))?;
            let next = part.next;
            add(&mut facts, part);
            let Some(slot) = next else { break };
            wanted.slot = slot;
        }
    }
    let hub = Arc::clone(hub);
    let made =
        tokio::task::spawn_blocking(move || finish(order, &facts, &hub.registry.load(), &hub.config, &hub.layout));
    made.await.map_err(|error| failed(error.to_string()))?.map_err(failed)
}

/// Pause before a shard with a full queue is asked again: who delivers goes first.
const BUSY_PAUSE: Duration = Duration::from_millis(20);
/// After so many pauses the hub is too busy for a report.
const BUSY_PAUSES_MAX: usize = 500;

async fn part_of(shard: &ShardHandle, wanted: Wanted) -> Result<Account, String> {
    for _ in 0..BUSY_PAUSES_MAX {
        match shard.ask(Command::Account(wanted), Bytes::new()).await {
            Ok(Answer::Accounted(part)) => return Ok(part),
            Ok(other) => return Err(crate::append::unexpected(&other).message),
            Err(fault) if fault.kind == FaultKind::TryLater => tokio::time::sleep(BUSY_PAUSE).await,
            Err(fault) => return Err(fault.message),
        }
    }
    Err("the hub is too busy for a report, or stopping; try again later".to_owned())
}

/// What `phytohub report` was told.
#[derive(Clone, Debug, clap::Args)]
pub struct ReportArgs {
    /// The hub's directory
    pub dir: PathBuf,
    /// First day of the period, as 2026-01-01, in UTC
    #[arg(long, value_name = "DATE")]
    pub from: String,
    /// Last day of the period, itself included
    #[arg(long, value_name = "DATE")]
    pub to: String,
    /// What the report is foremost by: the table of CSV, and the one that the page shows whole
    #[arg(long, value_name = "WHAT", default_value = "month", value_parser = ["month", "member", "pair", "type"])]
    pub by: String,
    /// A page that needs nothing else, one table for spreadsheets, or all as data
    #[arg(long, value_name = "FORM", default_value = "html", value_parser = ["html", "csv", "json"])]
    pub format: String,
    /// Price file, as the project's deploy/prices.toml [default: the one of [report] prices]
    #[arg(long, value_name = "FILE")]
    pub prices: Option<PathBuf>,
    /// Write it there instead of to standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `phytohub report`: of the running hub, or of its directory when none runs. Gives what there is to say when it was
/// written to a file.
///
/// # Errors
/// A sentence that says what is wrong; also when the figures contradict each other, then the report is there.
pub fn report(args: &ReportArgs) -> Result<Option<String>, String> {
    let layout = Layout::new(&args.dir);
    let wish = Wish { from: args.from.clone(), to: args.to.clone(), by: args.by.clone(), format: args.format.clone() };
    let read = |file: &Path| std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()));
    let prices = args.prices.as_deref().map(read).transpose()?;
    // What is wrong with the call is said before any hub is asked.
    let order = Order::read(&wish, prices.as_deref(), clock::now())?;
    layout.fixed()?;
    let made = match layout.lock() {
        Ok(_lock) => of_directory(&layout, order)?,
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
            of_running(&layout, &wish, prices, order.format)?
        }
        Err(error) => return Err(format!("{}: {error}", layout.data().display())),
    };
    let told = match &args.out {
        Some(file) => {
            std::fs::write(file, &made.text).map_err(|error| format!("{}: {error}", file.display()))?;
            Some(format!("the report of {} to {} is in {}", args.from, args.to, file.display()))
        }
        None => {
            use std::io::Write;
            std::io::stdout().write_all(made.text.as_bytes()).map_err(|error| format!("standard output: {error}"))?;
            None
        }
    };
    if made.reconciles {
        return Ok(told);
    }
    Err("the report was written, but its figures contradict each other: see its reconciliation, and tell the project"
        .to_owned())
}

fn of_running(layout: &Layout, wish: &Wish, prices: Option<String>, format: Format) -> Result<Made, String> {
    let running = layout.running()?;
    let Wish { from, to, by, format: form } = wish;
    // All four were read: they hold no character that an address cannot have.
    let path = format!("/v1/report?from={from}&to={to}&by={by}&format={form}");
    let method = if prices.is_some() { "POST" } else { "GET" };
    let answer = crate::client::admin(layout, &running, method, &path, prices.map(String::into_bytes))?;
    let text = String::from_utf8(answer).map_err(|error| format!("the hub's answer cannot be read: {error}"))?;
    // The page and the JSON say themselves whether their figures agree; so does this, from the same words.
    let contradicts = match format {
        Format::Html => text.contains("<header class=\"verdict failed\">"),
        Format::Json => text.contains("\n  \"reconciles\": false"),
        Format::Csv => false,
    };
    Ok(Made { text, format, reconciles: !contradicts })
}

/// Of a directory without a hub: its journals are read as at a start.
fn of_directory(layout: &Layout, order: Order) -> Result<Made, String> {
    let config = Config::read(&layout.config(), std::env::vars())?;
    let mut facts = Facts::new(&order.asked);
    for shard in 0..layout.fixed()?.shards {
        let parts = Parts {
            id: ShardId(shard),
            disk: Arc::new(RealDisk),
            dir: layout.shard(shard),
            journal: log_settings(&config.journal),
            core: core_settings(&config),
        };
        let Recovered { core, log, .. } = recover(parts)?;
        let mut next = Some(0);
        while let Some(slot) = next {
            let wanted = Wanted { slot, ..order.first_part() };
            let Answer::Accounted(part) = core.decide(order.asked.now, &Command::Account(wanted)).answer else {
                return Err("the shard answered something else; tell the project".to_owned());
            };
            next = part.next;
            add(&mut facts, part);
        }
        log.close().map_err(|error| format!("{}: {error}", layout.shard(shard).display()))?;
    }
    let members = members::open(&layout.registry())?;
    let made = finish(order, &facts, members.registry(), &config, layout);
    members.close().map_err(|error| error.to_string())?;
    made
}
