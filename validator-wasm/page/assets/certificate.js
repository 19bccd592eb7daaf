// What a certificate says, in the order of the model certificates of ISPM 12 (annexes 1 and 2).
//
// Names of elements are asked for without their prefix and namespace: the validator has already told where they are
// wrong, and a form that shows nothing would help nobody.

/** What systems write into a mandatory element that has no meaning for them. */
const FILLER = /^(null|n\/a|-*)$/i;

/** Re-export: the notes of a line that are yes or no. */
const FLAGS = ["RPCOR", "RPCTC", "RPCPK", "RPCRP", "RPCOC", "RPCNC", "RPCPC", "RPCAI"];

/** What the facts of a treatment are called in the message, and on the form. */
const TREATMENT = { TTL1: "treatment", TTL2: "treatment", TTCH: "chemical", TTCO: "concentration", TTTM: "temperature", TTAI: "treatment-more", TTFT: "treatment-full" };

/** A node of the document with the questions that the form asks it. */
class Node {
  constructor(node, language) {
    this.node = node;
    this.language = language;
  }

  /** All elements at a path of local names. */
  all(path) {
    let found = [this.node];
    for (const name of path.split("/")) {
      found = found.flatMap((node) => [...node.children].filter((child) => child.localName === name));
    }
    return found.map((node) => new Node(node, this.language));
  }

  one(path) {
    return this.all(path)[0] ?? new Node(document.implementation.createDocument(null, "none").documentElement, this.language);
  }

  get text() {
    const text = this.node.textContent.trim();
    return FILLER.test(text) ? "" : text;
  }

  /** The texts at a path: those in the language of the page where there are any, all of them otherwise. */
  texts(path) {
    const found = this.all(path).filter((node) => node.text !== "");
    const own = found.filter((node) => node.attribute("languageID").slice(0, 2).toLowerCase() === this.language);
    return [...new Set((own.length ? own : found).map((node) => node.text))];
  }

  attribute(name) {
    return this.node.getAttribute(name) ?? "";
  }

  /** The contents of the notes on any of `subjects`. */
  notes(subjects, name = "IncludedSPSNote") {
    return this.all(name)
      .filter((note) => subjects.includes(note.one("Subject").text))
      .flatMap((note) => note.texts("Content"));
  }

  /** A measure with its unit. */
  measure(path) {
    return this.all(path).filter((node) => node.text !== "").map((node) => `${node.text} ${node.attribute("unitCode")}`.trim());
  }
}

/** Reads a certificate; nothing where the text is no XML after all. */
export function read(text, language) {
  const parsed = new DOMParser().parseFromString(text.replace(/^\s*\uFEFF?\s*/, ""), "application/xml");
  if (parsed.querySelector("parsererror") || parsed.documentElement.localName !== "SPSCertificate") {
    return undefined;
  }
  const root = new Node(parsed.documentElement, language);
  const document = root.one("SPSExchangedDocument");
  const consignment = root.one("SPSConsignment");
  const signatory = document.one("SignatorySPSAuthentication");
  const lines = consignment.all("IncludedSPSConsignmentItem/IncludedSPSTradeLineItem");
  return {
    type: document.one("TypeCode").text,
    status: document.one("StatusCode").text,
    number: document.one("ID").text,
    issuer: document.one("IssuerSPSParty").texts("Name"),
    from: places(consignment.all("ExportSPSCountry")),
    to: places(consignment.all("ImportSPSCountry")),
    transit: places(consignment.all("TransitSPSCountry")),
    exporter: party(consignment.one("ConsignorSPSParty")),
    consignee: party(consignment.one("ConsigneeSPSParty")),
    marks: document.notes(["DMCL"]),
    conveyance: consignment.all("MainCarriageSPSTransportMovement").map(movement),
    containers: consignment.all("UtilizedSPSTransportEquipment").map(container),
    entry: consignment.all("UnloadingBaseportSPSLocation").map((place) => joined([...place.texts("Name"), place.one("ID").text])),
    statements: signatory.all("IncludedSPSClause").map((clause) => joined([clause.one("ID").text, ...clause.texts("Content")], ": ")),
    declarations: document.notes(["ADEDL", "ADCO"]),
    permit: document.notes(["ADIPEDL", "ADIP"]),
    inspected: document.notes(["ADDIEDL", "ADDI"]),
    more: document.notes(["ADAOEDL", "ADAO"]),
    replaces: document.notes(["ADRPN", "ADRD", "ADRPR"]),
    place: signatory.one("IssueSPSLocation").texts("Name"),
    officer: signatory.one("ProviderSPSParty/SpecifiedSPSPerson").texts("Name"),
    date: document.one("IssueDateTime").text,
    attachments: document.all("ReferenceSPSReferencedDocument").map(attachment),
    lines: lines.map(line),
  };
}

function joined(texts, by = ", ") {
  return texts.filter((text) => text !== "").join(by);
}

function party(node) {
  const address = node.one("SpecifiedSPSAddress");
  const lines = ["LineOne", "LineTwo", "LineThree", "LineFour", "LineFive", "PostcodeCode", "CityName", "CountryName"];
  return [...node.texts("Name"), ...lines.flatMap((name) => address.texts(name))];
}

/** Countries by their code and what is said of a part of them. */
function places(nodes) {
  return nodes.map((node) => ({
    code: node.one("ID").text,
    name: joined(node.texts("Name")),
    part: joined(node.texts("SubordinateSPSCountrySubDivision/Name")),
  }));
}

/** The code of a mode of transport (UN/ECE Recommendation 19), and what travels. */
function movement(node) {
  return { mode: node.one("ModeCode").text, means: joined([...node.texts("UsedSPSTransportMeans/Name"), node.one("ID").text]) };
}

function container(node) {
  return joined([node.one("ID").text, ...node.all("AffixedSPSSeal/ID").map((seal) => seal.text)]);
}

function attachment(node) {
  const object = node.one("AttachmentBinaryObject");
  return joined([object.attribute("filename"), node.one("ID").text, ...node.texts("Information")]);
}

function line(node) {
  const notes = (...subjects) => node.notes(subjects, "AdditionalInformationSPSNote");
  const of = (system) => (classification) => classification.texts("SystemName").includes(system);
  const classes = (system) => node.all("ApplicableSPSClassification").filter(of(system)).flatMap((found) => [...found.texts("ClassName"), ...found.texts("ClassCode")]);
  return {
    number: node.one("SequenceNumeric").text,
    description: node.texts("Description"),
    common: node.texts("CommonName"),
    botanical: node.texts("ScientificName"),
    use: node.texts("IntendedUse"),
    classes: [...classes("IPPCPCVP"), ...classes("IPPCPCC")],
    tariff: classes("HS"),
    quantity: ["NetWeightMeasure", "GrossWeightMeasure", "NetVolumeMeasure", "GrossVolumeMeasure"]
      .flatMap((name) => node.measure(name).map((text) => ({ name, text })))
      .concat(notes("OQV").map((text) => ({ name: "OQV", text: joined([text, ...notes("OQU")], " ") }))),
    packages: [...node.all("PhysicalSPSPackage").map(packages), ...notes("OPTND")].filter(Boolean),
    marks: [...notes("DMTLIL"), ...node.all("PhysicalSPSPackage").flatMap((found) => found.texts("PhysicalSPSShippingMarks/Marking"))],
    origin: places(node.all("OriginSPSCountry")),
    declarations: notes("ADTLIL", "ADCO"),
    permit: notes("ADIPTLIL", "ADIP"),
    inspected: notes("ADDITLIL", "ADDI"),
    more: notes("ADAOTLIL", "ADAO"),
    original: { countries: notes("RPCCO"), numbers: notes("RPCRF") },
    flags: FLAGS.filter((flag) => notes(flag).some((text) => /^true$/i.test(text))),
    treatments: node.all("AppliedSPSProcess").map(treatment),
  };
}

function packages(node) {
  return joined([node.one("ItemQuantity").text, node.one("TypeCode").text], " × ");
}

function treatment(node) {
  const period = node.one("CompletionSPSPeriod");
  const days = [period.one("StartDateTime").text, period.one("EndDateTime").text];
  const found = { date: [joined(days.map((day) => day.slice(0, 10)), " – ")], duration: period.measure("DurationMeasure") };
  for (const fact of node.all("ApplicableSPSProcessCharacteristic")) {
    const [tag, ...said] = fact.all("Description").filter((description) => description.text !== "");
    const key = TREATMENT[tag?.text];
    if (key) {
      found[key] = [...(found[key] ?? []), ...said.map((text) => text.text), ...fact.measure("ValueMeasure")];
    }
  }
  return found;
}
