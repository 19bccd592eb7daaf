//! The members: real codes, because the validator knows no others.

/// All codes of ISO 3166-1 alpha-2. Countries that trade much in plants come first, so that the members of a small
/// scenario are plausible ones; small islands and places where nothing grows come last.
pub const COUNTRIES: [&str; 249] = [
    "NL", "US", "CN", "BR", "DE", "ES", "IN", "FR", "MX", "CA", "TH", "VN", "ID", "IT", "AR", "AU", "CL", "NZ", "ZA",
    "TR", "PE", "EC", "CO", "KE", "MA", "EG", "LK", "JP", "KR", "GB", "BE", "PL", "UA", "RU", "PH", "MY", "CR", "GT",
    "ET", "UG", "TZ", "GH", "CI", "CM", "NG", "SN", "PK", "BD", "IR", "IL", "JO", "SA", "AE", "OM", "KW", "QA", "BH",
    "LB", "GR", "PT", "DK", "SE", "NO", "FI", "IE", "AT", "CH", "CZ", "SK", "HU", "RO", "BG", "RS", "HR", "SI", "LT",
    "LV", "EE", "CY", "MT", "LU", "IS", "AL", "MK", "ME", "BA", "MD", "GE", "AM", "AZ", "KZ", "UZ", "KG", "TJ", "TM",
    "MN", "NP", "MM", "KH", "LA", "SG", "TW", "HK", "FJ", "PG", "SB", "VU", "WS", "TO", "PY", "UY", "BO", "VE", "PA",
    "NI", "HN", "SV", "DO", "JM", "TT", "CU", "HT", "BZ", "GY", "SR", "BS", "BB", "GD", "LC", "VC", "DM", "AG", "KN",
    "TN", "DZ", "LY", "SD", "SS", "ML", "BF", "NE", "TD", "BJ", "TG", "GN", "SL", "LR", "GM", "GW", "CV", "GA", "CG",
    "CD", "AO", "ZM", "ZW", "MW", "MZ", "MG", "MU", "SC", "KM", "RW", "BI", "BW", "NA", "SZ", "LS", "ER", "DJ", "SO",
    "MR", "CF", "GQ", "ST", "BY", "IQ", "SY", "YE", "AF", "BT", "MV", "BN", "TL", "KP", "AD", "LI", "MC", "SM", "VA",
    "MO", "PS", "KI", "FM", "MH", "PW", "NR", "TV", "CK", "NU", "PF", "NC", "WF", "GU", "MP", "AS", "PR", "VI", "VG",
    "AI", "MS", "TC", "KY", "BM", "AW", "CW", "SX", "BQ", "GP", "MQ", "GF", "RE", "YT", "BL", "MF", "PM", "FO", "GL",
    "AX", "GI", "JE", "GG", "IM", "SJ", "FK", "SH", "TK", "PN", "NF", "CX", "CC", "EH", "IO", "GS", "HM", "BV", "TF",
    "UM", "AQ",
];

/// The two letters of the country in a connection code (`LK` of `LK2`), which stand inside certificates and numbers.
pub(crate) fn country(code: &str) -> &str {
    // ZZ is assigned to nobody; a code without two letters cannot come from a registry.
    code.get(..2).unwrap_or("ZZ")
}
