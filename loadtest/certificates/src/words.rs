//! What the certificates speak of. Plants and tariff codes are real, so that they can be judged; parties, people and
//! places are plainly made up.

/// A text in English and in one other language.
#[derive(Clone, Copy)]
pub(crate) struct Words {
    pub(crate) english: &'static str,
    /// ISO 639-1 code of the other language, and the text in it.
    pub(crate) other: (&'static str, &'static str),
}

/// Something that is traded.
#[derive(Clone, Copy)]
pub(crate) struct Commodity {
    pub(crate) name: Words,
    pub(crate) botanical: &'static str,
    /// Code of the Harmonized System.
    pub(crate) tariff: &'static str,
    pub(crate) part: &'static str,
    pub(crate) condition: &'static str,
    pub(crate) intended_use: &'static str,
    /// UN/ECE Recommendation 21.
    pub(crate) package: &'static str,
}

pub(crate) const COMMODITIES: [Commodity; 11] = [
    Commodity {
        name: words("Black tea", "zh", "红茶"),
        botanical: "Camellia sinensis",
        tariff: "090240",
        part: "Leaves",
        condition: "Dry",
        intended_use: "Consumption",
        package: "5M",
    },
    Commodity {
        name: words("Mangoes", "es", "Mangos para consumo en fresco"),
        botanical: "Mangifera indica",
        tariff: "080450",
        part: "Fruit",
        condition: "Fresh",
        intended_use: "Consumption",
        package: "4G",
    },
    Commodity {
        name: words("Wheat in bulk", "ru", "Пшеница мягкая, насыпью"),
        botanical: "Triticum aestivum",
        tariff: "100199",
        part: "Grains",
        condition: "Dry",
        intended_use: "Processing",
        package: "VR",
    },
    Commodity {
        name: words("Green coffee", "fr", "Café vert, non torréfié"),
        botanical: "Coffea arabica",
        tariff: "090111",
        part: "Seeds",
        condition: "Dry",
        intended_use: "Processing",
        package: "GY",
    },
    Commodity {
        name: words("Sawn teak", "fr", "Teck scié, séché au four"),
        botanical: "Tectona grandis",
        tariff: "440723",
        part: "Wood",
        condition: "Dry",
        intended_use: "Processing",
        package: "8C",
    },
    Commodity {
        name: words("Seed potatoes", "ru", "Картофель семенной"),
        botanical: "Solanum tuberosum",
        tariff: "070110",
        part: "Plants",
        condition: "Fresh",
        intended_use: "Planting",
        package: "JB",
    },
    Commodity {
        name: words("Maize for sowing", "es", "Maíz para siembra"),
        botanical: "Zea mays",
        tariff: "100510",
        part: "Seeds",
        condition: "Dry",
        intended_use: "Planting",
        package: "5M",
    },
    Commodity {
        name: words("Bananas", "ar", "موز طازج"),
        botanical: "Musa acuminata",
        tariff: "080390",
        part: "Fruit",
        condition: "Fresh",
        intended_use: "Consumption",
        package: "CT",
    },
    Commodity {
        name: words("Rooted cuttings of chrysanthemum", "fr", "Boutures racinées de chrysanthème"),
        botanical: "Chrysanthemum × morifolium",
        tariff: "060290",
        part: "Plants",
        condition: "Rooted",
        intended_use: "Planting",
        package: "DV",
    },
    Commodity {
        name: words("Pine seedlings", "es", "Plántulas de pino en maceta"),
        botanical: "Pinus radiata",
        tariff: "060290",
        part: "Plants",
        condition: "Potted",
        intended_use: "Planting",
        package: "PT",
    },
    Commodity {
        name: words("Frozen peas", "zh", "冷冻豌豆"),
        botanical: "Pisum sativum",
        tariff: "071021",
        part: "Seeds",
        condition: "Frozen",
        intended_use: "Consumption",
        package: "EC",
    },
];

/// Additional declarations.
pub(crate) const DECLARATIONS: [Words; 5] = [
    words(
        "The consignment was inspected and found free from Xylella fastidiosa and Trogoderma granarium.",
        "es",
        "El envío fue inspeccionado y se encontró libre de Xylella fastidiosa y Trogoderma granarium.",
    ),
    words(
        "The place of production was inspected during the last growing season and found free from Ralstonia \
         solanacearum.",
        "fr",
        "Le lieu de production a été inspecté pendant la dernière saison de végétation et trouvé exempt de Ralstonia \
         solanacearum.",
    ),
    words(
        "The plants originate in an area that is free from Bactrocera dorsalis.",
        "ru",
        "Растения происходят из зоны, свободной от Bactrocera dorsalis.",
    ),
    words(
        "The growing medium is free from soil & was treated before planting.",
        "zh",
        "栽培介质不含土壤，并在种植前经过处理。",
    ),
    words(
        "The lot was sampled and tested; no regulated pest was found (limit < 0.1 %).",
        "ar",
        "تم أخذ عينات من الشحنة واختبارها ولم يتم العثور على أي آفة خاضعة للوائح.",
    ),
];

/// Names for exporters and consignees; a number follows.
pub(crate) const COMPANIES: [&str; 6] = [
    "Sample Growers & Sons Ltd No.",
    "Exportadora Ejemplo S.A. n.º",
    "Société Exemple SARL n°",
    "ООО «Пример» №",
    "示例农产品有限公司",
    "Beispiel Handel GmbH Nr.",
];

/// Places for addresses, offices and ports.
pub(crate) const TOWNS: [&str; 6] =
    ["Sampletown", "Puerto Ejemplo", "Port-Exemple", "Пример-град", "示例港", "Musterhafen"];

/// ISO 3166 codes from which third countries are taken.
pub(crate) const COUNTRIES: [&str; 8] = ["AR", "EC", "IN", "KE", "LK", "NL", "NZ", "VN"];

/// Ships, flights and vehicles by mode of transport (UN/ECE Recommendation 19).
pub(crate) const TRANSPORTS: [(&str, &str); 4] =
    [("1", "MV Sample Star"), ("2", "Sample Rail Cargo"), ("3", "Lorry SAMPLE"), ("4", "Sample Air Cargo")];

const fn words(english: &'static str, language: &'static str, text: &'static str) -> Words {
    Words { english, other: (language, text) }
}
