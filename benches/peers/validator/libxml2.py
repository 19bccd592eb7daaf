"""libxml2's share of the comparison: parses certificates and validates them against a schema of the message.

The schema is made from the validator's own table of types (validator-wasm/core/src/structure/schema.rs), so that both
sides know the same elements. Its groups are loose in order and number, as the exchange is; what it checks is less than
what phytoval does: no rules, no code lists.

Call: libxml2.py ROUNDS FILE...          Prints lines for each file: the work, a tab, its smallest time in microseconds.
      libxml2.py --schema FOLDER         Writes the documents of the schema, for other users of libxml2.
"""

import re
import sys
import time
from pathlib import Path

from lxml import etree

ROOT = Path(__file__).resolve().parents[3]
TABLE = ROOT / "validator-wasm/core/src/structure/schema.rs"
XSD = "http://www.w3.org/2001/XMLSchema"
VALUES = {"Text": "xs:string", "Token": "xs:token", "Decimal": "xs:decimal", "Base64": "xs:base64Binary"}
OCCURS = {"Once": (1, 1), "Optional": (0, 1), "Any": (0, None), "Some": (1, None), "FillerOnce": (0, 1), "FillerSome": (0, None)}


def types():
    """Name of each type with its children: (element, type, need)."""
    text = TABLE.read_text()
    body = text[text.rindex("types! {"):]
    for name, children in re.findall(r"^    (\w+) \{\n(.*?)^    \}", body, re.M | re.S):
        yield name, re.findall(r"(\w+) (\w+) (\w+)\n", children)


def namespaces():
    """The three namespaces of the message as the table writes them."""
    names = dict(re.findall(r"Self::(\w+) =>\s*\{?\s*\"(urn:[^\"]+|http:[^\"]+)\"", TABLE.read_text()))
    return {key: names[key] for key in ("Certificate", "Components", "DataTypes")}


def home(element):
    if element in ("SPSCertificate", "SPSExchangedDocument", "SPSConsignment"):
        return "Certificate"
    if element in ("DateTimeString", "DateTime", "IndicatorString", "Indicator"):
        return "DataTypes"
    return "Components"


def schema():
    """One schema document a namespace, which import one another."""
    names = namespaces()
    table = dict(types())
    elements = {}
    for children in table.values():
        for element, kind, _ in children:
            if kind != "Foreign":
                elements.setdefault((home(element), element, kind), None)
    documents = {}
    for key, namespace in names.items():
        parts = [f'<xs:schema xmlns:xs="{XSD}" elementFormDefault="qualified" targetNamespace="{namespace}"']
        parts += [f' xmlns:{other}="{uri}"' for other, uri in names.items()] + [">"]
        parts += [f'<xs:import namespace="{uri}" schemaLocation="{other}.xsd"/>' for other, uri in names.items() if other != key]
        # Elements are global where a type of another namespace refers to them.
        seen = set()
        for place, element, kind in sorted(elements):
            if place == key and element not in seen:
                seen.add(element)
                parts.append(f'<xs:element name="{element}" type="{typed(kind)}"/>')
        if key == "Certificate":
            parts.append('<xs:element name="SPSCertificate" type="Components:Certificate"/>')
        if key == "Components":
            parts += [value(name, base) for name, base in VALUES.items()]
            parts += [complex_type(name, children) for name, children in table.items()]
        documents[f"{key}.xsd"] = "".join(parts) + "</xs:schema>"
    return documents


def typed(kind):
    return f"Components:{kind}"


def value(name, base):
    return (
        f'<xs:complexType name="{name}"><xs:simpleContent><xs:extension base="{base}">'
        '<xs:anyAttribute processContents="skip"/></xs:extension></xs:simpleContent></xs:complexType>'
    )


def complex_type(name, children):
    parts = [f'<xs:complexType name="{name}"><xs:sequence>']
    for element, kind, need in children:
        least, most = OCCURS[need]
        occurs = f'minOccurs="{least}" maxOccurs="{"unbounded" if most is None else most}"'
        if kind == "Foreign":
            parts.append(f'<xs:any namespace="http://www.w3.org/2000/09/xmldsig#" processContents="skip" {occurs}/>')
        elif home(element) == "Components":
            parts.append(f'<xs:element name="{element}" type="{typed(kind)}" {occurs} form="qualified"/>')
        else:
            parts.append(f'<xs:element ref="{home(element)}:{element}" {occurs}/>')
    return "".join(parts) + "</xs:sequence></xs:complexType>"


class Resolver(etree.Resolver):
    def __init__(self, documents):
        self.documents = documents

    def resolve(self, url, public_id, context):
        name = url.rsplit("/", 1)[-1]
        return self.resolve_string(self.documents[name], context, base_url=name)


def best(rounds, work):
    least = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        least = min(least, time.perf_counter() - start)
    return round(least * 1e6, 2)


def main():
    documents = schema()
    if sys.argv[1] == "--schema":
        for name, text in documents.items():
            (Path(sys.argv[2]) / name).write_text(text)
        return
    rounds, files = int(sys.argv[1]), sys.argv[2:]
    parser = etree.XMLParser()
    parser.resolvers.add(Resolver(documents))
    xsd = etree.XMLSchema(etree.fromstring(documents["Certificate.xsd"].encode(), parser, base_url="Certificate.xsd"))
    reader = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    for file in files:
        content = Path(file).read_bytes()
        tree = etree.fromstring(content, reader)
        if not xsd.validate(tree):
            print(f"{file}: {xsd.error_log.last_error}", file=sys.stderr)
            sys.exit(1)
        name = Path(file).stem
        print(f"{name}: libxml2, parsed\t{best(rounds, lambda: etree.fromstring(content, reader))}")
        parsed_and_validated = best(rounds, lambda: xsd.validate(etree.fromstring(content, reader)))
        print(f"{name}: libxml2, parsed and validated by XSD\t{parsed_and_validated}")


if __name__ == "__main__":
    main()
