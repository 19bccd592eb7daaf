//! The catalogue: every rule with its stable id, its layer, area and level, and the source it stems from.
//!
//! What a rule says to people stands in `validator-wasm/messages`, one file a language. The id is a contract: scripts,
//! profiles and statistics name rules by it, so a rule that changes its meaning gets a new one.

use phytohub_model::{Area, Level};

/// Day of the last change of the rules: of one's meaning, its level, or of the set.
pub const RULES_EDITION: &str = "2026-11-24";

/// Which part of the judgement a rule belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// Whether the content is well-formed XML within bounds.
    Syntax,
    /// Whether its elements are those of the message.
    Structure,
    /// Whether what it says is complete, legal and consistent.
    Rules,
    /// Whether it agrees with the header of its envelope.
    Envelope,
}

/// What the catalogue says of a rule.
#[derive(Debug)]
pub struct Entry {
    /// Stable name, in kebab case.
    pub id: &'static str,
    /// Part of the judgement.
    pub layer: Layer,
    /// Kind of fault.
    pub area: Area,
    /// Level in the profile `ippc`.
    pub level: Level,
    /// Standard and clause, or the contract, from which it stems.
    pub source: &'static str,
}

macro_rules! rules {
    ($($name:ident $id:literal $layer:ident $area:ident $level:ident $source:literal)*) => {
        /// A rule of the catalogue; its sentence stands in the messages.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "each is its id, and says what it means in the messages")]
        #[repr(u8)]
        pub enum Rule {
            $($name,)*
        }

        impl Rule {
            /// All rules, in the order of the catalogue.
            pub const ALL: &[Self] = &[$(Self::$name,)*];
        }

        const ENTRIES: [Entry; Rule::ALL.len()] = [$(Entry {
            id: $id,
            layer: Layer::$layer,
            area: Area::$area,
            level: Level::$level,
            source: $source,
        },)*];
    };
}

impl Rule {
    /// What the catalogue says of it.
    pub fn entry(self) -> &'static Entry {
        static ALL: [Entry; Rule::ALL.len()] = ENTRIES;
        // The table is made of the same list as the numbers of the rules.
        &ALL[self as usize]
    }

    /// The rule named `id`.
    pub fn find(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.entry().id == id)
    }
}

rules! {
    XmlEmpty "xml-empty" Syntax Schema Severe "XML 1.0, production 1"
    XmlNotXml "xml-not-xml" Syntax Schema Severe "XML 1.0, production 1"
    XmlEscapedTwice "xml-escaped-twice" Syntax Schema Severe "XML 1.0, 2.4"
    XmlEncoding "xml-encoding" Syntax Schema Severe "XML 1.0, 4.3.3"
    XmlDeclaration "xml-declaration" Syntax Schema Severe "XML 1.0, 2.8"
    XmlDeclarationPlace "xml-declaration-place" Syntax Schema Severe "XML 1.0, 2.8"
    XmlDoctype "xml-doctype" Syntax Schema Severe "Interface of the hub; XML 1.0, 2.8"
    XmlCharacter "xml-character" Syntax Schema Severe "XML 1.0, 2.2"
    XmlInstruction "xml-instruction" Syntax Schema Severe "XML 1.0, 2.6"
    XmlComment "xml-comment" Syntax Schema Severe "XML 1.0, 2.5"
    XmlCdataEnd "xml-cdata-end" Syntax Schema Severe "XML 1.0, 2.4"
    XmlCdataOutside "xml-cdata-outside" Syntax Schema Severe "XML 1.0, 2.7"
    XmlTextOutside "xml-text-outside" Syntax Schema Severe "XML 1.0, 2.1"
    XmlSecondRoot "xml-second-root" Syntax Schema Severe "XML 1.0, 2.1"
    XmlNoRoot "xml-no-root" Syntax Schema Severe "XML 1.0, 2.1"
    XmlCutOff "xml-cut-off" Syntax Schema Severe "XML 1.0, 2.1"
    XmlMarkup "xml-markup" Syntax Schema Severe "XML 1.0, 2.4"
    XmlName "xml-name" Syntax Schema Severe "XML 1.0, 2.3"
    XmlQualifiedName "xml-qualified-name" Syntax Schema Severe "Namespaces in XML 1.0, 4"
    XmlAttributeEquals "xml-attribute-equals" Syntax Schema Severe "XML 1.0, 3.1"
    XmlAttributeQuote "xml-attribute-quote" Syntax Schema Severe "XML 1.0, 3.1"
    XmlAttributeLessThan "xml-attribute-less-than" Syntax Schema Severe "XML 1.0, 3.1"
    XmlAttributeTwice "xml-attribute-twice" Syntax Schema Severe "XML 1.0, 3.1"
    XmlSpaceMissing "xml-space-missing" Syntax Schema Severe "XML 1.0, 3.1"
    XmlEndMismatch "xml-end-mismatch" Syntax Schema Severe "XML 1.0, 3"
    XmlEndWithoutStart "xml-end-without-start" Syntax Schema Severe "XML 1.0, 3.1"
    XmlAmpersand "xml-ampersand" Syntax Schema Severe "XML 1.0, 2.4"
    XmlCharacterReference "xml-character-reference" Syntax Schema Severe "XML 1.0, 4.1"
    XmlEntity "xml-entity" Syntax Schema Severe "XML 1.0, 4.1"
    XmlPrefixUnbound "xml-prefix-unbound" Syntax Schema Severe "Namespaces in XML 1.0, 5"
    XmlPrefixEmpty "xml-prefix-empty" Syntax Schema Severe "Namespaces in XML 1.0, 5"
    XmlNamespaceReserved "xml-namespace-reserved" Syntax Schema Severe "Namespaces in XML 1.0, 3"
    LimitDepth "limit-depth" Syntax Schema Severe "Bound of the validator"
    LimitAttributes "limit-attributes" Syntax Schema Severe "Bound of the validator"
    LimitNameLength "limit-name-length" Syntax Schema Severe "Bound of the validator"
    LimitNamespaceLength "limit-namespace-length" Syntax Schema Severe "Bound of the validator"
    LimitNamespaces "limit-namespaces" Syntax Schema Severe "Bound of the validator"
    LimitSize "limit-size" Syntax Schema Severe "Bound of the validator"
    RootElement "root-element" Structure Schema Severe "SPSCertificate 17"
    ElementMissing "element-missing" Structure MandatoryElements Severe "SPSCertificate 17; ISPM 12"
    ElementMissingFiller "element-missing-filler" Structure MandatoryElements Info "SPSCertificate 17"
    ElementTwice "element-twice" Structure Schema Severe "SPSCertificate 17"
    ElementUnknown "element-unknown" Structure Schema Warning "SPSCertificate 17"
    ElementMisplaced "element-misplaced" Structure Schema Warning "SPSCertificate 17"
    ElementNamespace "element-namespace" Structure Schema Severe "SPSCertificate 17"
    ElementOrder "element-order" Structure Schema Info "SPSCertificate 17"
    AttributeUnknown "attribute-unknown" Structure Schema Info "SPSCertificate 17"
    TextMisplaced "text-misplaced" Structure Schema Warning "SPSCertificate 17"
    SignatureUnchecked "signature-unchecked" Structure Schema Info "XML Signature; SPSCertificate 17"
    Base64 "base64" Structure Schema Severe "XML Schema, base64Binary"
    NumberEmpty "number-empty" Structure MandatoryElements Severe "ISPM 12, number of the certificate"
    NumberLength "number-length" Rules Mapping Severe "ePhyto mapping, ID"
    TypeCode "type-code" Rules Mapping Severe "UN/CEFACT 1001; ePhyto mapping"
    StatusCode "status-code" Rules Mapping Severe "UN/CEFACT 1373; ePhyto mapping"
    IssueDateEmpty "issue-date-empty" Rules MandatoryElements Severe "ISPM 12, date"
    IssueDateForm "issue-date-form" Rules Mapping Severe "W3C dateTime"
    IssuerEmpty "issuer-empty" Rules MandatoryElements Warning "ISPM 12, NPPO"
    PlaceOfIssueEmpty "place-of-issue-empty" Rules MandatoryElements Warning "ISPM 12, place of issue"
    OfficerEmpty "officer-empty" Rules MandatoryElements Warning "ISPM 12, name of authorized officer"
    StatementMissing "statement-missing" Rules MandatoryElements Warning "ISPM 12, certifying statement"
    StatementCode "statement-code" Rules Mapping Warning "IPPC statements"
    StatementOnReexport "statement-on-reexport" Rules Mapping Warning "ISPM 12, certificate for re-export"
    DateForm "date-form" Rules Mapping Warning "W3C dateTime"
    DateDay "date-day" Rules Mapping Severe "ISO 8601"
    DateOffset "date-offset" Rules Mapping Info "ePhyto mapping, IssueDateTime"
    DateYear "date-year" Rules Mapping Warning "ePhyto mapping"
    LanguageUnknown "language-unknown" Rules Mapping Warning "ISO 639-1"
    LanguageMissing "language-missing" Rules Mapping Info "ePhyto mapping, languageID"
    LanguageTwice "language-twice" Rules Mapping Warning "ePhyto mapping, languageID"
    NameLength "name-length" Rules Mapping Warning "ePhyto mapping, names"
    PartyNameLength "party-name-length" Rules Mapping Warning "ePhyto mapping, parties"
    AddressLineLength "address-line-length" Rules Mapping Warning "ePhyto mapping, addresses"
    ConsignorEmpty "consignor-empty" Rules MandatoryElements Severe "ISPM 12, name and address of exporter"
    ConsigneeEmpty "consignee-empty" Rules MandatoryElements Severe "ISPM 12, declared name and address of consignee"
    AddressEmpty "address-empty" Rules MandatoryElements Warning "ISPM 12, name and address"
    CountryCode "country-code" Rules Mapping Severe "ISO 3166-1"
    CountryEmpty "country-empty" Structure MandatoryElements Severe "ISO 3166-1; ISPM 12"
    CountriesSame "countries-same" Rules Mapping Warning "ISPM 12"
    TransitCountrySame "transit-country-same" Rules Mapping Info "ISPM 12"
    PointOfEntryEmpty "point-of-entry-empty" Rules MandatoryElements Warning "ISPM 12, declared point of entry"
    PointOfEntryCode "point-of-entry-code" Rules Mapping Warning "UN/LOCODE"
    PointOfEntryCountry "point-of-entry-country" Rules Mapping Warning "UN/LOCODE"
    ConveyanceMissing "conveyance-missing" Rules MandatoryElements Warning "ISPM 12, declared means of conveyance"
    ConveyanceMode "conveyance-mode" Rules Mapping Severe "UN/ECE Recommendation 19"
    ConveyanceModeEmpty "conveyance-mode-empty" Rules MandatoryElements Warning "UN/ECE Recommendation 19"
    LineSequence "line-sequence" Rules Mapping Severe "XML Schema, decimal"
    LineSequenceTwice "line-sequence-twice" Rules Mapping Warning "ePhyto mapping, SequenceNumeric"
    LineSequenceStart "line-sequence-start" Rules Mapping Info "ePhyto mapping, SequenceNumeric"
    DescriptionEmpty "description-empty" Rules MandatoryElements Severe "ISPM 12, name of produce"
    BotanicalNameEmpty "botanical-name-empty" Rules MandatoryElements Warning "ISPM 12, botanical name of plants"
    OriginMissing "origin-missing" Rules MandatoryElements Severe "ISPM 12, place of origin"
    PackagesMissing "packages-missing" Rules MandatoryElements Severe "ISPM 12, number and description of packages"
    PackagesTwice "packages-twice" Rules Mapping Warning "ePhyto mapping, packages"
    PackageLevel "package-level" Rules Mapping Severe "UN/CEFACT 7075"
    PackageType "package-type" Rules Mapping Severe "UN/ECE Recommendation 21"
    PackageQuantity "package-quantity" Rules Mapping Severe "XML Schema, decimal"
    PackageQuantityZero "package-quantity-zero" Rules Mapping Warning "ISPM 12, number of packages"
    QuantityDecimals "quantity-decimals" Rules Mapping Warning "ePhyto mapping, quantities"
    QuantityMissing "quantity-missing" Rules MandatoryElements Warning "ISPM 12, quantity declared"
    MeasureForm "measure-form" Rules Mapping Severe "XML Schema, decimal"
    MeasureNegative "measure-negative" Rules Mapping Severe "ISPM 12, quantity declared"
    UnitMissing "unit-missing" Rules Mapping Warning "UN/ECE Recommendation 20"
    UnitCode "unit-code" Rules Mapping Severe "UN/ECE Recommendation 20; ePhyto mapping"
    NetAboveGross "net-above-gross" Rules Mapping Warning "ePhyto mapping, weights"
    HsCode "hs-code" Rules Mapping Warning "Harmonized System"
    ClassificationSystem "classification-system" Rules Mapping Info "ePhyto mapping, SystemName"
    ClassificationEmpty "classification-empty" Rules MandatoryElements Warning "ePhyto mapping, classifications"
    NoteSubjectEmpty "note-subject-empty" Rules MandatoryElements Warning "ePhyto mapping, notes"
    NoteSubject "note-subject" Rules Mapping Warning "ePhyto mapping, notes"
    NoteLevel "note-level" Rules Mapping Warning "ePhyto mapping, notes"
    NoteLevelOld "note-level-old" Rules Mapping Info "ePhyto mapping, notes"
    NoteEmpty "note-empty" Rules MandatoryElements Info "ePhyto mapping, notes"
    NoteLength "note-length" Rules Mapping Warning "ePhyto mapping, notes"
    NoteBoolean "note-boolean" Rules Mapping Warning "ePhyto mapping, re-export"
    NoteDate "note-date" Rules Mapping Info "ePhyto mapping, notes"
    NoteStatement "note-statement" Rules Mapping Warning "IPPC statements"
    NoteNumber "note-number" Rules Mapping Warning "ePhyto mapping, OQV"
    NoteTwice "note-twice" Rules Mapping Warning "ePhyto mapping, notes"
    QuantityUnitMissing "quantity-unit-missing" Rules MandatoryElements Warning "ePhyto mapping, OQV and OQU"
    QuantityValueMissing "quantity-value-missing" Rules MandatoryElements Warning "ePhyto mapping, OQV and OQU"
    ReplacementNumberMissing "replacement-number-missing" Rules MandatoryElements Warning "ISPM 12, replacement"
    ReplacementStatementMissing "replacement-statement-missing" Rules MandatoryElements Warning "ISPM 12, replacement"
    ReplacementSelf "replacement-self" Rules Mapping Severe "ISPM 12, replacement"
    ReplacementDate "replacement-date" Rules Mapping Warning "ISPM 12, replacement"
    ReexportStatementMissing "reexport-statement-missing" Rules MandatoryElements Warning
        "ISPM 12, certificate for re-export"
    ReexportOriginMissing "reexport-origin-missing" Rules MandatoryElements Warning "ISPM 12, certificate for re-export"
    ReexportNumberMissing "reexport-number-missing" Rules MandatoryElements Warning "ISPM 12, certificate for re-export"
    ReexportOnExport "reexport-on-export" Rules Mapping Warning "ISPM 12, certificate for re-export"
    ReexportOriginalOrCopy "reexport-original-or-copy" Rules Mapping Warning "ISPM 12, certificate for re-export"
    ReexportContainers "reexport-containers" Rules Mapping Warning "ISPM 12, certificate for re-export"
    OriginalMissing "original-missing" Rules MandatoryElements Warning "ePhyto mapping, attachments"
    AttachmentRelationship "attachment-relationship" Rules Mapping Info "ePhyto mapping, attachments"
    AttachmentEmpty "attachment-empty" Rules MandatoryElements Warning "ePhyto mapping, attachments"
    AttachmentFileName "attachment-file-name" Rules Mapping Warning "ePhyto mapping, attachments"
    AttachmentFileType "attachment-file-type" Rules Mapping Warning "ePhyto mapping, attachments"
    AttachmentContent "attachment-content" Rules Mapping Warning "File signatures of PDF, PNG, JPEG, GIF"
    TreatmentTypeCode "treatment-type-code" Rules Mapping Severe "ePhyto mapping, treatments"
    TreatmentTag "treatment-tag" Rules Mapping Warning "ePhyto mapping, treatments"
    TreatmentValue "treatment-value" Rules MandatoryElements Warning "ePhyto mapping, treatments"
    TreatmentTagTwice "treatment-tag-twice" Rules Mapping Warning "ePhyto mapping, treatments"
    TreatmentFullText "treatment-full-text" Rules MandatoryElements Warning "ePhyto mapping, treatments"
    TreatmentLevels "treatment-levels" Rules MandatoryElements Warning "ePhyto mapping, treatments"
    TreatmentTextLength "treatment-text-length" Rules Mapping Warning "ePhyto mapping, treatments"
    TreatmentPeriod "treatment-period" Rules Mapping Warning "ISPM 12, treatment"
    TreatmentAfterIssue "treatment-after-issue" Rules Mapping Warning "ISPM 12, treatment"
    TreatmentDuration "treatment-duration" Rules Mapping Warning "XML Schema, decimal"
    TreatmentDurationUnit "treatment-duration-unit" Rules Mapping Warning "UN/ECE Recommendation 20"
    TreatmentTemperature "treatment-temperature" Rules Mapping Warning "XML Schema, decimal; thermodynamics"
    TreatmentTemperatureUnit "treatment-temperature-unit" Rules Mapping Severe
        "UN/ECE Recommendation 20; ePhyto mapping"
    TreatmentConcentration "treatment-concentration" Rules Mapping Warning "XML Schema, decimal"
    InspectionAfterIssue "inspection-after-issue" Rules Mapping Warning "ISPM 12, inspection"
    FillerValue "filler-value" Rules Mapping Info "ePhyto mapping"
    HeaderNumber "header-number" Envelope Mapping Severe "Interface of the hub, NPPOCertificateNumber"
    HeaderType "header-type" Envelope Mapping Severe "Interface of the hub, CertificateType"
    HeaderStatus "header-status" Envelope Mapping Severe "Interface of the hub, CertificateStatus"
    HeaderFrom "header-from" Envelope Mapping Severe "Interface of the hub, From"
    HeaderTo "header-to" Envelope Mapping Severe "Interface of the hub, To"
}

impl Rule {
    /// Whether it says that a bound of the validator was hit, so that the document is not determined.
    pub(crate) fn is_bound(self) -> bool {
        self.entry().id.starts_with("limit-")
    }
}
