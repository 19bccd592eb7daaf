//! Bugs that the simulation plants into the hub it runs, to show that its oracle would see them. None is in the hub's
//! code: each sits at a seam of the simulation (its disk, its shell around the owners, its members' services).

/// A planted bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mutation {
    /// Answers leave before the commit of their batch.
    AnswerBeforeSync,
    /// Syncs of files say that all is well and do nothing.
    PretendFileSyncs,
    /// The same for directories.
    ForgetDirectorySyncs,
    /// A sync that failed is tried again, and the second answer believed.
    RetrySyncs,
    /// What is overwritten with zeros stays.
    ForgetZeros,
    /// After a crash, segments that were released are back under their old names.
    ResurrectReleased,
    /// A delivery is known as a repetition once it was seen, not once it is durable.
    DedupOnSeen,
    /// A repetition is a new delivery.
    ForgetRetries,
    /// An envelope is dropped when its receiver's service has failed three times.
    DropOnThirdFailure,
    /// The answer of a pull is kept for a while and given again.
    ServeStalePulls,
    /// What was moved while it was read is left out, and the next envelope goes before it.
    SkipWhatMoved,
    /// The hub reads a damaged segment as if nothing were wrong with it.
    ServeDamage,
    /// A start that meets damage removes the damaged segment and goes on.
    DropDamagedSegments,
    /// A change of the registry is answered before it is in the journal.
    RegistryAnswersEarly,
    /// Requests are judged by a registry that is some seconds old.
    StaleRegistry,
    /// What others sent counts as the sender's own.
    BlameAll,
    /// Requests of one member are served before all others.
    ServeOneFirst,
    /// When a member goes over to push, what waits for it already is not pushed.
    ForgetOnSwitch,
    /// An acknowledgement is answered and not written down.
    ForgetAcknowledgements,
    /// Of an envelope with copies only the first record is written.
    ForgetCopies,
}

impl Mutation {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::AnswerBeforeSync,
        Self::PretendFileSyncs,
        Self::ForgetDirectorySyncs,
        Self::RetrySyncs,
        Self::ForgetZeros,
        Self::ResurrectReleased,
        Self::DedupOnSeen,
        Self::ForgetRetries,
        Self::DropOnThirdFailure,
        Self::ServeStalePulls,
        Self::SkipWhatMoved,
        Self::ServeDamage,
        Self::DropDamagedSegments,
        Self::RegistryAnswersEarly,
        Self::StaleRegistry,
        Self::BlameAll,
        Self::ServeOneFirst,
        Self::ForgetOnSwitch,
        Self::ForgetAcknowledgements,
        Self::ForgetCopies,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::AnswerBeforeSync => "answer-before-sync",
            Self::PretendFileSyncs => "pretend-file-syncs",
            Self::ForgetDirectorySyncs => "forget-directory-syncs",
            Self::RetrySyncs => "retry-syncs",
            Self::ForgetZeros => "forget-zeros",
            Self::ResurrectReleased => "resurrect-released",
            Self::DedupOnSeen => "dedup-on-seen",
            Self::ForgetRetries => "forget-retries",
            Self::DropOnThirdFailure => "drop-on-third-failure",
            Self::ServeStalePulls => "serve-stale-pulls",
            Self::SkipWhatMoved => "skip-what-moved",
            Self::ServeDamage => "serve-damage",
            Self::DropDamagedSegments => "drop-damaged-segments",
            Self::RegistryAnswersEarly => "registry-answers-early",
            Self::StaleRegistry => "stale-registry",
            Self::BlameAll => "blame-all",
            Self::ServeOneFirst => "serve-one-first",
            Self::ForgetOnSwitch => "forget-on-switch",
            Self::ForgetAcknowledgements => "forget-acknowledgements",
            Self::ForgetCopies => "forget-copies",
        }
    }
}
