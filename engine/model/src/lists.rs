//! Code lists as the hub serves them.

/// The ten lists of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CodeList {
    /// GetTreatmentTypes.
    TreatmentTypes,
    /// GetAdditionalDeclarations.
    AdditionalDeclarations,
    /// GetIntendedUses.
    IntendedUses,
    /// GetPesticides.
    Pesticides,
    /// GetProductDescriptions.
    ProductDescriptions,
    /// GetUnitMeasures.
    UnitMeasures,
    /// GetMeanOfTransports.
    MeanOfTransports,
    /// GetStatements.
    Statements,
    /// GetConditions.
    Conditions,
    /// GetPackageTypes.
    PackageTypes,
}

/// What a unit measures (unitMeasureType).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnitKind {
    /// Mass.
    Weight,
    /// Volume.
    Volume,
    /// Time.
    Duration,
    /// Temperature.
    Temperature,
    /// Concentration.
    Concentration,
    /// Area.
    Area,
    /// Length.
    Distance,
}

/// One row of a list: a code in one language. Each list uses the fields its type on the wire has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodeRow {
    /// The code.
    pub code: String,
    /// Name, text or description.
    pub text: String,
    /// ISO 639-1, where the list has languages.
    pub language: Option<String>,
    /// Level of a treatment type (1 or 2).
    pub level: Option<i32>,
    /// Parent of a treatment type of level 2.
    pub parent: Option<String>,
    /// Symbol of a unit.
    pub symbol: Option<String>,
    /// What a unit measures.
    pub unit_kind: Option<UnitKind>,
    /// The only document type for which a statement stands (0 = any).
    pub document_type_only: Option<i32>,
    /// Day of the list's edition, `YYYY-MM-DD`.
    pub edition: String,
    /// Who publishes the list.
    pub source: String,
}

impl CodeList {
    /// All lists, in the order of the contract.
    pub const ALL: [Self; 10] = [
        Self::TreatmentTypes,
        Self::AdditionalDeclarations,
        Self::IntendedUses,
        Self::Pesticides,
        Self::ProductDescriptions,
        Self::UnitMeasures,
        Self::MeanOfTransports,
        Self::Statements,
        Self::Conditions,
        Self::PackageTypes,
    ];
}

impl UnitKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Weight,
        Self::Volume,
        Self::Duration,
        Self::Temperature,
        Self::Concentration,
        Self::Area,
        Self::Distance,
    ];

    /// The kind as it stands on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Weight => "WEIGHT",
            Self::Volume => "VOLUME",
            Self::Duration => "DURATION",
            Self::Temperature => "TEMPERATURE",
            Self::Concentration => "CONCENTRATION",
            Self::Area => "AREA",
            Self::Distance => "DISTANCE",
        }
    }
}
