//! The report as data. Its JSON is described in `engine/report/README.md`.

use std::str::FromStr;

use phytohub_model::Tally;
use serde::Serialize;
use utoipa::ToSchema;

use crate::money::Money;

/// Name and number of the report's shape.
pub const FORMAT: &str = "phytohub-report/1";

/// What the report is foremost by: the table that CSV has and that the page shows whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ReportBy)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// Months.
    #[default]
    Month,
    /// Members.
    Member,
    /// Pairs of sender and destination.
    Pair,
    /// Types and statuses of documents.
    Type,
}

impl FromStr for By {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "month" => Ok(Self::Month),
            "member" => Ok(Self::Member),
            "pair" => Ok(Self::Pair),
            "type" => Ok(Self::Type),
            other => Err(format!("by '{other}' is not known; month, member, pair and type are")),
        }
    }
}

/// The whole report.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Report {
    /// [`FORMAT`].
    pub format: &'static str,
    /// Version of the hub that made it.
    pub version: String,
    /// Of which time it is.
    pub period: Period,
    /// What it is foremost by.
    pub by: By,
    /// The period in a few sentences.
    pub summary: Vec<String>,
    /// All envelopes accepted in the period.
    pub total: Figures,
    /// Pairs of sender and destination between which at least one envelope was accepted.
    pub active_pairs: usize,
    /// Members that sent or received at least one.
    pub active_members: usize,
    /// Against the period before.
    pub growth: Growth,
    /// By month of acceptance.
    pub months: Vec<Line>,
    /// By member.
    pub members: Vec<MemberLine>,
    /// By sender and destination, most first.
    pub pairs: Vec<Line>,
    /// By type and status of document, most first.
    pub types: Vec<Line>,
    /// By day of acceptance.
    pub days: Vec<DayLine>,
    /// Copies for channels; none when there were none.
    pub copies: Option<Copies>,
    /// Deliveries not accepted.
    pub refusals: Refusals,
    /// What the validator found.
    pub quality: Vec<Quality>,
    /// Whether the hub was there.
    pub availability: Availability,
    /// The busiest second against what the hub is proven to hold.
    pub capacity: Capacity,
    /// Cost and how it may be split; none without a price file.
    pub money: Option<Money>,
    /// What was compared with what.
    pub reconciliation: Vec<Reconciled>,
    /// Whether all of it agrees.
    pub reconciles: bool,
    /// What is not known, in sentences.
    pub not_known: Vec<String>,
}

/// The period.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = ReportPeriod)]
pub struct Period {
    /// First day.
    pub from: String,
    /// Last day, itself included.
    pub to: String,
    /// Whether it was over when the report was made.
    pub over: bool,
    /// When the report was made: all states are as of then.
    pub made_at: String,
    /// Days from its begin until its end or now.
    pub days: f64,
}

/// Envelopes and what became of them: `accepted` is the sum of the next five.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[schema(as = ReportFigures)]
pub struct Figures {
    /// Accepted.
    pub accepted: u64,
    /// Acknowledged as received.
    pub delivered: u64,
    /// Acknowledged with a warning.
    pub with_warnings: u64,
    /// Acknowledged as not readable.
    pub not_readable: u64,
    /// Given up.
    pub failed: u64,
    /// Not ended yet.
    pub pending: u64,
    /// From acceptance to acknowledgement; none when nothing was acknowledged.
    pub dwell: Option<Dwell>,
}

/// Times from acceptance to acknowledgement, in seconds: each at most an eighth above the true one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = ReportDwell)]
pub struct Dwell {
    /// Half took no longer.
    pub p50_seconds: f64,
    /// 90 of 100 took no longer.
    pub p90_seconds: f64,
    /// 99 of 100 took no longer.
    pub p99_seconds: f64,
}

impl From<&Tally> for Figures {
    fn from(tally: &Tally) -> Self {
        let at = |share| tally.dwell.percentile(share).map(|ms| ms as f64 / 1000.0);
        let dwell = at(0.5).zip(at(0.9)).zip(at(0.99));
        Self {
            accepted: tally.accepted,
            delivered: tally.delivered,
            with_warnings: tally.with_warnings,
            not_readable: tally.not_readable,
            failed: tally.failed,
            pending: tally.pending,
            dwell: dwell.map(|((p50_seconds, p90_seconds), p99_seconds)| Dwell {
                p50_seconds,
                p90_seconds,
                p99_seconds,
            }),
        }
    }
}

/// Figures of something with a name.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = ReportLine)]
pub struct Line {
    /// Month (`2026-01`), pair (`KE to NL`), or document.
    pub name: String,
    /// Its figures.
    pub figures: Figures,
}

/// Figures of a member.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = ReportMemberLine)]
pub struct MemberLine {
    /// Connection code.
    pub code: String,
    /// Name for people; empty for one that is not in the registry any more.
    pub name: String,
    /// Whether it is active now.
    pub active: bool,
    /// What it sent.
    pub sent: Figures,
    /// What was sent to it.
    pub received: Figures,
    /// Deliveries of it that were not accepted.
    pub refused: u64,
}

/// Envelopes accepted on a day.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = ReportDayLine)]
pub struct DayLine {
    /// The day.
    pub day: String,
    /// How many.
    pub accepted: u64,
}

/// Copies that the hub made for channels: envelopes of their own, counted nowhere else.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = ReportCopies)]
pub struct Copies {
    /// What became of them.
    pub figures: Figures,
}

/// Against the period before, which has as many months or days.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = ReportGrowth)]
pub struct Growth {
    /// First day of the period before.
    pub previous_from: String,
    /// Its last day.
    pub previous_to: String,
    /// Envelopes accepted in it; none where that is not known.
    pub previous_accepted: Option<u64>,
    /// How many more were accepted on a day, as a share of the period before: 0.1 = a tenth more.
    pub share: Option<f64>,
    /// Where the figures come from, or why there are none.
    pub source: String,
}

/// A count with its name.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = ReportNamed)]
pub struct Named {
    /// Member; empty where all are counted together.
    pub member: String,
    /// Reason, rule or month.
    pub name: String,
    /// How many.
    pub count: u64,
}

/// Deliveries that were not accepted, from the statistics.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[schema(as = ReportRefusals)]
pub struct Refusals {
    /// All.
    pub total: u64,
    /// By month.
    pub by_month: Vec<Named>,
    /// By member and reason, most first.
    pub by_member: Vec<Named>,
    /// By rule that was broken, most first: a delivery can break several.
    pub by_rule: Vec<Named>,
}

/// What the validator found in a member's deliveries, from the statistics.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = ReportQuality)]
pub struct Quality {
    /// Code.
    pub member: String,
    /// Deliveries judged.
    pub judged: u64,
    /// Those without a finding.
    pub clean: u64,
    /// Rules broken, most first, the first few.
    pub rules: Vec<Named>,
}

/// Whether the hub was there, from the statistics.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = ReportAvailability)]
pub struct Availability {
    /// From when on it was noted; none when it never was.
    pub noted_from: Option<String>,
    /// Seconds of the period of which it is known, the last minute left out.
    pub known_seconds: u64,
    /// Those in which the hub served.
    pub up_seconds: u64,
    /// The part of the known seconds in which it served; none when nothing is known.
    pub share: Option<f64>,
    /// By month.
    pub months: Vec<MonthServed>,
    /// The longest times in which it did not serve, longest first.
    pub outages: Vec<Outage>,
}

/// Availability of a month.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = ReportMonthServed)]
pub struct MonthServed {
    /// The month.
    pub month: String,
    /// Seconds of which it is known.
    pub known_seconds: u64,
    /// Seconds in which the hub served.
    pub up_seconds: u64,
}

/// A time in which the hub did not serve: whole minutes and the rest of those at its ends.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = ReportOutage)]
pub struct Outage {
    /// First minute.
    pub from: String,
    /// How long.
    pub seconds: u64,
}

/// The busiest second against what the hub is proven to hold.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = ReportCapacity)]
pub struct Capacity {
    /// Most envelopes accepted in a second; none when it was not noted.
    pub peak_per_second: Option<u64>,
    /// In which minute.
    pub peak_at: Option<String>,
    /// Envelopes a second that the hub is proven to hold; none when nobody measured.
    pub proven_per_second: Option<f64>,
    /// The part of it that the peak used.
    pub used: Option<f64>,
    /// Most envelopes that waited at the end of a minute; none when it was not noted.
    pub pending_max: Option<u64>,
}

/// Two figures that have to agree.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = ReportReconciled)]
pub struct Reconciled {
    /// What is compared.
    pub what: String,
    /// One figure.
    pub left: u64,
    /// The other.
    pub right: u64,
    /// Whether they agree; none where a difference says nothing.
    pub agrees: Option<bool>,
    /// What to know of it.
    pub note: String,
}
