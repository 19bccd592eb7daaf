//! The message's types as a table: which elements stand in which, in the schema's order, how often.
//!
//! UN/CEFACT SPSCertificate 17 with the reusable components 21 and the data types 21, and what the exchange makes of
//! them: some elements that the schema demands have no meaning here ([`Need::is_filler`]).

/// The namespaces of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Namespace {
    /// The certificate's own elements.
    Certificate,
    /// The reusable components, which are all other elements but values of dates and indicators.
    Components,
    /// The data types.
    DataTypes,
    /// XML signatures.
    Signatures,
    /// Acknowledgements, which type 312 carries.
    Acknowledgement,
    /// None of them.
    Other,
}

impl Namespace {
    const ALL: [Self; 5] =
        [Self::Components, Self::Certificate, Self::DataTypes, Self::Signatures, Self::Acknowledgement];

    /// Its name; empty for another one.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Certificate => "urn:un:unece:uncefact:data:standard:SPSCertificate:17",
            Self::Components => "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:21",
            Self::DataTypes => "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:21",
            Self::Signatures => "http://www.w3.org/2000/09/xmldsig#",
            Self::Acknowledgement => "urn:un:unece:uncefact:data:standard:SPSAcknowledgement:17",
            Self::Other => "",
        }
    }

    /// The one of this name. Their lengths differ, so that one comparison is enough.
    pub(crate) fn of(name: &str) -> Self {
        let candidate = Self::ALL.into_iter().find(|known| known.name().len() == name.len());
        candidate.filter(|known| known.name() == name).unwrap_or(Self::Other)
    }
}

/// How often an element stands in its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Exactly once.
    Once,
    /// At most once.
    Optional,
    /// As often as one likes.
    Any,
    /// Once or more.
    Some,
    /// Once by the schema; its absence hurts nobody.
    FillerOnce,
    /// Once or more by the schema; its absence hurts nobody.
    FillerSome,
}

impl Need {
    pub(crate) const fn is_single(self) -> bool {
        matches!(self, Self::Once | Self::Optional | Self::FillerOnce)
    }

    pub(crate) const fn is_mandatory(self) -> bool {
        matches!(self, Self::Once | Self::Some)
    }

    /// Whether the schema demands it, but only the schema.
    pub(crate) const fn is_filler(self) -> bool {
        matches!(self, Self::FillerOnce | Self::FillerSome)
    }
}

/// An element as a child of a type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Child {
    pub(crate) element: Element,
    pub(crate) kind: Type,
    pub(crate) need: Need,
    /// The namespace it belongs to.
    pub(crate) namespace: Namespace,
}

macro_rules! elements {
    ($($name:ident)*) => {
        /// The local names of the message.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(crate) enum Element {
            /// None of the message, or not at its place.
            Unknown,
            $($name,)*
        }

        impl Element {
            /// Its local name; empty for an unknown one.
            #[inline(always)]
            pub(crate) const fn name(self) -> &'static str {
                // One for each, in their order.
                const NAMES: &[&str] = &["", $(stringify!($name),)*];
                NAMES[self as usize]
            }

            pub(crate) const ALL: &'static [Self] = &[$(Self::$name,)*];
        }
    };
}

/// Elements with the unknown one.
pub(crate) const ELEMENTS: usize = Element::ALL.len() + 1;

macro_rules! types {
    ($($name:ident { $($element:ident $kind:ident $need:ident)* })*) => {
        /// What stands inside of an element.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Type {
            /// Text, white space kept.
            Text,
            /// Text whose white space does not count: identifiers and codes.
            Token,
            /// A decimal number.
            Decimal,
            /// A file as base64.
            Base64,
            /// Anything, which is not judged.
            Foreign,
            $($name,)*
        }

        impl Type {
            /// All of them, in their order.
            pub(crate) const ALL: &'static [Self] =
                &[Self::Text, Self::Token, Self::Decimal, Self::Base64, Self::Foreign, $(Self::$name,)*];

            /// The elements inside, in the schema's order; none for values.
            pub(crate) const fn children(self) -> &'static [Child] {
                match self {
                    Self::Text | Self::Token | Self::Decimal | Self::Base64 | Self::Foreign => &[],
                    $(Self::$name => const { &[$(Child {
                        element: Element::$element,
                        kind: Type::$kind,
                        need: Need::$need,
                        namespace: Element::$element.namespace(),
                    },)*] },)*
                }
            }
        }
    };
}

impl Type {
    /// Whether it is a text of its own.
    pub(crate) fn is_value(self) -> bool {
        matches!(self, Self::Text | Self::Token | Self::Decimal | Self::Base64)
    }
}

impl Element {
    /// The namespace it belongs to.
    pub(crate) const fn namespace(self) -> Namespace {
        match self {
            Self::SPSCertificate | Self::SPSExchangedDocument | Self::SPSConsignment => Namespace::Certificate,
            Self::DateTimeString | Self::DateTime | Self::IndicatorString | Self::Indicator => Namespace::DataTypes,
            Self::Signature => Namespace::Signatures,
            Self::SPSAcknowledgement => Namespace::Acknowledgement,
            _ => Namespace::Components,
        }
    }
}

elements! {
    AbbreviatedName ActivityAuthorizedSPSParty ActualDateTime AdditionalInformationSPSNote AffixedSPSSeal
    ApplicableSPSClassification ApplicableSPSProcessCharacteristic AppliedSPSProcess AssertedSPSAuthentication
    AssociatedSPSTransportEquipment AttachmentBinaryObject AttainedSPSQualification AvailabilityDueDateTime
    CarrierSPSParty CityID CityName ClassCode ClassName CommonName CompletionSPSPeriod
    ConsigneeReceiptSPSLocation ConsigneeSPSParty ConsignorSPSParty Content ContentCode CountryID CountryName
    CountrySubDivisionID CountrySubDivisionName CustomsTransitAgentSPSParty DateTime DateTimeString
    DefinedSPSContact DeliverySPSParty Description DespatchSPSParty DurationMeasure EndDateTime
    ExaminationSPSEvent ExpiryDateTime ExportExitDateTime ExportSPSCountry FunctionTypeCode GrossVolumeMeasure
    GrossWeightMeasure HierarchicalLevelCode ID ImportSPSCountry IncludedSPSClause IncludedSPSConsignmentItem
    IncludedSPSNote IncludedSPSTradeLineItem Indicator IndicatorString Information IntendedUse IssueDateTime
    IssueSPSLocation IssuerSPSParty IssuingSPSParty ItemQuantity LevelCode LineFive LineFour LineOne LineThree
    LineTwo LoadingBaseportSPSLocation LocationProviderSPSParty MainCarriageSPSTransportMovement Marking
    MaximumID MaximumValueMeasure MinimumValueMeasure ModeCode Name NatureIdentificationSPSCargo
    NetVolumeMeasure NetWeightMeasure NominalGrossVolumeMeasure NominalGrossWeightMeasure
    OccurrenceSPSLocation OperationSPSCountry OperatorSPSParty OriginSPSCountry OriginSPSLocation PersonName
    PhysicalSPSPackage PhysicalSPSShippingMarks PostcodeCode ProductionBatchID ProviderSPSParty
    ReExportSPSCountry ReferenceSPSReferencedDocument RelationshipTypeCode RoleCode SPSAcknowledgement
    SPSCertificate SPSConsignment SPSExchangedDocument ScientificName SequenceNumeric SettingSPSTemperature
    ShipStoresIndicator SignatorySPSAuthentication Signature SpecifiedSPSAddress SpecifiedSPSPerson
    StartDateTime StatusCode StorageSPSEvent Subject SubjectCode SubordinateSPSCountrySubDivision
    SuperordinateSPSCountrySubDivision SystemID SystemName TransitSPSCountry TransitSPSLocation TypeCode
    UnloadingBaseportSPSLocation UsedSPSTransportMeans UtilizedSPSTransportEquipment ValueMeasure
}

types! {
    Certificate {
        SPSExchangedDocument ExchangedDocument Once
        SPSConsignment Consignment Once
        Signature Foreign Optional
    }
    ExchangedDocument {
        Name Text Any
        ID Token Once
        Description Text Any
        TypeCode Token Once
        StatusCode Token Once
        IssueDateTime DateTime Once
        IssuerSPSParty Party Once
        IncludedSPSNote Note Any
        ReferenceSPSReferencedDocument ReferencedDocument Any
        SignatorySPSAuthentication Authentication Some
    }
    Consignment {
        ID Token Optional
        AvailabilityDueDateTime DateTime Optional
        ExportExitDateTime DateTime Optional
        ShipStoresIndicator Indicator Optional
        ConsignorSPSParty Party Once
        ConsigneeSPSParty Party Once
        ExportSPSCountry Country Once
        ReExportSPSCountry Country Any
        StorageSPSEvent Event Any
        LoadingBaseportSPSLocation Location Optional
        ImportSPSCountry Country Once
        ConsigneeReceiptSPSLocation Location Optional
        TransitSPSCountry Country Any
        TransitSPSLocation Location Any
        UnloadingBaseportSPSLocation Location Optional
        ExaminationSPSEvent Event FillerOnce
        CarrierSPSParty Party Optional
        DespatchSPSParty Party Optional
        DeliverySPSParty Party Optional
        CustomsTransitAgentSPSParty Party Optional
        MainCarriageSPSTransportMovement TransportMovement Any
        UtilizedSPSTransportEquipment TransportEquipment Any
        IncludedSPSConsignmentItem ConsignmentItem Some
    }
    Party {
        ID Token Optional
        Name Text Optional
        RoleCode Token Optional
        TypeCode Token Any
        SpecifiedSPSAddress Address Optional
        DefinedSPSContact Contact Any
        SpecifiedSPSPerson Person Optional
    }
    Note {
        Subject Token Optional
        ContentCode Token Any
        Content Text Some
        SubjectCode Token Optional
    }
    ReferencedDocument {
        IssueDateTime DateTime Optional
        TypeCode Token Optional
        RelationshipTypeCode Token Optional
        ID Token Optional
        AttachmentBinaryObject Base64 Any
        Information Text Optional
    }
    Authentication {
        TypeCode Token Optional
        ActualDateTime DateTime Optional
        IssueSPSLocation Location Once
        ProviderSPSParty Party Optional
        LocationProviderSPSParty Party Optional
        IncludedSPSClause Clause Any
    }
    Country {
        ID Token Once
        Name Text Any
        SubordinateSPSCountrySubDivision CountrySubDivision Any
    }
    Event {
        OccurrenceSPSLocation Location FillerOnce
    }
    Location {
        ID Token Optional
        Name Text FillerSome
    }
    TransportMovement {
        ID Token Optional
        ModeCode Token Once
        UsedSPSTransportMeans TransportMeans Optional
    }
    TransportEquipment {
        ID Token Optional
        AffixedSPSSeal Seal Any
        SettingSPSTemperature Temperature Any
    }
    ConsignmentItem {
        NatureIdentificationSPSCargo Cargo Any
        IncludedSPSTradeLineItem TradeLineItem Some
    }
    Address {
        PostcodeCode Token Optional
        LineOne Text Optional
        LineTwo Text Optional
        LineThree Text Optional
        LineFour Text Optional
        LineFive Text Optional
        CityName Text Optional
        CountryID Token Optional
        TypeCode Token Optional
        CountryName Text Optional
        CountrySubDivisionID Token Optional
        CountrySubDivisionName Text Optional
        CityID Token Optional
    }
    Contact {
        PersonName Text FillerOnce
    }
    Person {
        Name Text FillerOnce
        AttainedSPSQualification Qualification Any
    }
    Clause {
        ID Token FillerOnce
        Content Text Any
    }
    CountrySubDivision {
        ID Token Optional
        Name Text FillerSome
        HierarchicalLevelCode Token Optional
        FunctionTypeCode Token Optional
        SuperordinateSPSCountrySubDivision CountrySubDivision Any
        SubordinateSPSCountrySubDivision CountrySubDivision Any
        ActivityAuthorizedSPSParty Party Any
    }
    TransportMeans {
        Name Text FillerOnce
    }
    Seal {
        ID Token FillerOnce
        MaximumID Token Optional
        IssuingSPSParty Party Optional
    }
    Temperature {
        ValueMeasure Decimal Optional
        MinimumValueMeasure Decimal Optional
        MaximumValueMeasure Decimal Optional
        TypeCode Token Optional
    }
    Cargo {
        TypeCode Token Once
    }
    TradeLineItem {
        SequenceNumeric Decimal Once
        Description Text Some
        CommonName Text Any
        ScientificName Text Any
        ProductionBatchID Token Any
        IntendedUse Text Any
        ExpiryDateTime DateTime Any
        NetWeightMeasure Decimal Optional
        GrossWeightMeasure Decimal Optional
        NetVolumeMeasure Decimal Optional
        GrossVolumeMeasure Decimal Optional
        AdditionalInformationSPSNote Note Any
        ApplicableSPSClassification Classification Any
        PhysicalSPSPackage Package Any
        AssociatedSPSTransportEquipment TransportEquipment Any
        OriginSPSCountry Country Any
        OriginSPSLocation Location Any
        AppliedSPSProcess Process Any
        AssertedSPSAuthentication Authentication Any
        ReferenceSPSReferencedDocument ReferencedDocument Any
    }
    Qualification {
        Name Text FillerSome
        AbbreviatedName Text Optional
    }
    Classification {
        SystemID Token Optional
        SystemName Token Some
        ClassCode Token Optional
        ClassName Text Any
    }
    Package {
        LevelCode Token Once
        TypeCode Token Once
        ItemQuantity Decimal Once
        NominalGrossWeightMeasure Decimal Optional
        NominalGrossVolumeMeasure Decimal Optional
        PhysicalSPSShippingMarks ShippingMarks Any
    }
    Process {
        TypeCode Token Once
        CompletionSPSPeriod Period Optional
        ApplicableSPSProcessCharacteristic ProcessCharacteristic Any
        OperationSPSCountry Country Optional
        OperatorSPSParty Party Optional
    }
    ShippingMarks {
        Marking Text FillerOnce
    }
    Period {
        StartDateTime DateTime Once
        EndDateTime DateTime Optional
        DurationMeasure Decimal Optional
    }
    ProcessCharacteristic {
        TypeCode Token Optional
        Description Text Some
        ValueMeasure Decimal Optional
        MinimumValueMeasure Decimal Optional
        MaximumValueMeasure Decimal Optional
    }
    DateTime {
        DateTimeString Token Optional
        DateTime Token Optional
    }
    Indicator {
        IndicatorString Token Optional
        Indicator Token Optional
    }
}
