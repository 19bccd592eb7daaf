#!/usr/bin/env python3
"""Takes envelopes through their whole life with a client that zeep generates from the hub's own WSDL.

Two NPPOs take part: the sender delivers, the receiver lists, pulls and acknowledges. Each step prints one line; the
exit code is 0 when every answer was as the protocol says, else 1.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import requests
import zeep
from lxml import etree
from zeep import xsd
from zeep.exceptions import Fault
from zeep.wsa import WsAddressingPlugin

OPERATIONS = 27
TIMEOUT_SECONDS = 60
EPH = "http://ephyto.ippc.int/"
RAM = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:21"
SPS = "urn:un:unece:uncefact:data:standard:SPSCertificate:17"
ACK = "urn:un:unece:uncefact:data:standard:SPSAcknowledgement:17"
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"

COUNTRY_RESPONSE = 312
APPROVED = 39
WITHDRAWN = 40
UNKNOWN_NUMBER = "0000000000000000000000000Z"
CODE_LISTS = [
    "GetTreatmentTypes",
    "GetAdditionalDeclarations",
    "GetIntendedUses",
    "GetPesticides",
    "GetProductDescriptions",
    "GetUnitMeasures",
    "GetMeanOfTransports",
    "GetStatements",
    "GetConditions",
    "GetPackageTypes",
]


class Unexpected(Exception):
    """An answer that is not what the protocol says."""


def expect(what, actual, expected):
    if actual != expected:
        raise Unexpected(f"{what} is {actual!r} instead of {expected!r}")


def expect_that(condition, sentence):
    if not condition:
        raise Unexpected(sentence)


@dataclass
class Certificate:
    """A certificate to send, with what its envelope's header must say of it."""

    text: str
    number: str
    kind: int
    status: int

    @classmethod
    def read(cls, path):
        content = Path(path).read_bytes()
        document = etree.fromstring(content).find(f"{{{SPS}}}SPSExchangedDocument")
        expect_that(document is not None, f"{path} is no SPSCertificate")

        def field(name):
            return document.findtext(f"{{{RAM}}}{name}", default="").strip()

        # decode, not read_text: that would change the ends of lines, and content must arrive as it was sent.
        text = content.decode("utf-8")
        return cls(text, field("ID"), int(field("TypeCode")), int(field("StatusCode")))


class Party:
    """One NPPO's client."""

    def __init__(self, options, code, certificate, key, plugins=()):
        session = requests.Session()
        session.trust_env = False
        session.verify = options.ca
        session.cert = (certificate, key)
        transport = zeep.Transport(session=session, timeout=TIMEOUT_SECONDS, operation_timeout=TIMEOUT_SECONDS)
        settings = zeep.Settings(strict=True)
        self.code = code
        self.client = zeep.Client(options.wsdl, transport=transport, settings=settings, plugins=list(plugins))
        self.call = self.client.service

    def track(self, number):
        return self.call.GetEnvelopeTrackingInfo(hubTrackingNumber=number)

    def waiting(self, country=None):
        result = self.call.GetImportEnvelopeHeaders(countryCode=country)
        return [header.hubDeliveryNumber for header in rows(result, "EnvelopeHeader")]


def rows(result, name):
    """The rows of an array type, which zeep gives as they are or inside of it; an empty array may come as nothing."""
    if result is None or isinstance(result, list):
        return result or []
    return getattr(result, name) or []


def of_ours(numbers, ours):
    """Those of our envelopes that an answer has, in its order: the hub may hold others too."""
    return [number for number in numbers if number in ours]


def expect_fault(what, call, *words):
    """A fault whose sentence has these words, said the same way in its detail."""
    try:
        call()
    except Fault as fault:
        sentence = fault.message or ""
        for word in words:
            expect_that(word in sentence, f"{what}: the fault does not say {word!r}: {sentence!r}")
        expect_that(fault.detail is not None, f"{what}: the fault has no detail")
        detail = fault.detail.findtext(f"{{{EPH}}}HubWebException/{{{EPH}}}message")
        expect(f"{what}: the message in the fault's detail", detail, sentence)
        return
    raise Unexpected(f"{what}: the hub answered without a fault")


class LifeCycle:
    """The steps, in their order, and the delivery numbers that later ones need."""

    def __init__(self, sender, receiver, first, second):
        self.sender = sender
        self.receiver = receiver
        self.first = first
        self.second = second
        self.numbers = {}

    def header(self, certificate, **changes):
        fields = {
            "From": self.sender.code,
            "To": self.receiver.code,
            "CertificateType": certificate.kind,
            "CertificateStatus": certificate.status,
            "NPPOCertificateNumber": certificate.number,
        }
        return {**fields, **changes}

    def envelope(self, certificate, **changes):
        return {**self.header(certificate, **changes), "Content": certificate.text}

    def accepted(self, name, header, kind, status):
        """Checks the answer to a delivery and keeps its number under a name."""
        refusal = header.hubDeliveryErrorMessage
        expect_that(header.HUBTrackingInfo == "PendingDelivery", f"{name}: {header.HUBTrackingInfo}: {refusal}")
        number = header.hubDeliveryNumber or ""
        expect_that(number.isascii() and number.isalnum() and len(number) <= 40, f"{name}: {number!r} is no number")
        expect_that(number not in self.numbers.values(), f"{name}: {number} is the number of another envelope")
        expect(f"{name}: type and status", (header.CertificateType, header.CertificateStatus), (kind, status))
        self.numbers[name] = number
        return number

    # The directory and the lists.

    def wsdl(self):
        """the WSDL has every operation"""
        found = list(self.sender.call._operations)
        expect("the number of operations", len(found), OPERATIONS)

    def get_active_nppos(self):
        """GetActiveNppos has both of us"""
        nppos = {nppo.Country: nppo for nppo in rows(self.sender.call.GetActiveNppos(), "Nppo")}
        for code in (self.sender.code, self.receiver.code):
            expect_that(code in nppos, f"{code} is not in the directory")
            expect(f"{code}: Receive, Send", (nppos[code].Receive, nppos[code].Send), ("True", "True"))

    def get_profile(self):
        """GetProfile is the caller's own row"""
        for party in (self.sender, self.receiver):
            expect("Country", party.call.GetProfile().Country, party.code)

    def get_available_channels(self):
        """GetAvailableChannels answers"""
        for channel in rows(self.sender.call.GetAvailableChannels(), "Channel"):
            expect_that(channel.Code and channel.Send in (True, False), f"a channel lacks its fields: {channel}")

    def code_lists(self):
        """the ten code lists answer"""
        for operation in CODE_LISTS:
            for row in self.sender.call[operation]() or []:
                code = row.modeCode if operation == "GetMeanOfTransports" else row.code
                expect_that(code not in (None, ""), f"{operation}: a row has no code: {row}")
                expect_that(row.active in (True, False), f"{operation}: a row does not say whether it is active: {row}")

    # Validation.

    def validate_clean(self):
        """ValidatePhytoXML finds nothing severe in the certificates"""
        for certificate in (self.first, self.second):
            findings = self.sender.call.ValidatePhytoXML(ePhytoXML=certificate.text) or []
            severe = [finding.msg for finding in findings if finding.level == "SEVERE"]
            expect(f"severe findings for {certificate.number}", severe, [])

    def validate_broken(self):
        """ValidatePhytoXML says what is wrong with broken XML"""
        findings = self.sender.call.ValidatePhytoXML(ePhytoXML=self.first.text[: len(self.first.text) // 2])
        severe = [finding for finding in findings or [] if finding.level == "SEVERE"]
        expect_that(severe, "half a certificate has no severe finding")
        expect("the area of a syntax error", severe[0].area, "Schema")
        expect_that(severe[0].msg, "the finding has no message")

    # Deliveries.

    def deliver(self):
        """DeliverEnvelope gives a number"""
        answer = self.sender.call.DeliverEnvelope(env=self.envelope(self.first))
        self.accepted("plain", answer, self.first.kind, self.first.status)

    def deliver_again(self):
        """the same delivery again has the same number"""
        answer = self.sender.call.DeliverEnvelope(env=self.envelope(self.first))
        expect("the number", answer.hubDeliveryNumber, self.numbers["plain"])

    def validate_and_deliver(self):
        """ValidateAndDeliverEnvelope takes a good certificate"""
        answer = self.sender.call.ValidateAndDeliverEnvelope(envelope=self.envelope(self.second))
        self.accepted("validated", answer, self.second.kind, self.second.status)

    def validate_and_refuse(self):
        """ValidateAndDeliverEnvelope refuses a broken one and says why"""
        broken = {**self.envelope(self.second), "Content": self.second.text[: len(self.second.text) // 2]}
        answer = self.sender.call.ValidateAndDeliverEnvelope(envelope=broken)
        expect("HUBTrackingInfo", answer.HUBTrackingInfo, "FailedDelivery")
        expect_that(answer.hubDeliveryErrorMessage, "the refusal has no message")

    def refuse_unknown_destination(self):
        """DeliverEnvelope to nobody is refused, not a fault"""
        answer = self.sender.call.DeliverEnvelope(env=self.envelope(self.first, To="ZZ9"))
        expect("HUBTrackingInfo", answer.HUBTrackingInfo, "FailedDelivery")
        expect_that("ZZ9" in (answer.hubDeliveryErrorMessage or ""), "the refusal does not name the destination")

    def deliver_withdrawal(self):
        """DeliverEnvelope takes the same certificate as withdrawn"""
        answer = self.sender.call.DeliverEnvelope(env=self.envelope(self.first, CertificateStatus=WITHDRAWN))
        self.accepted("withdrawal", answer, self.first.kind, WITHDRAWN)

    def deliver_phyto(self):
        """DeliverPhytoEnvelope takes the certificate as XML"""
        number = f"{self.first.number}.X"
        document = {"Name": "Phytosanitary certificate", "ID": number, "TypeCode": 851, "StatusCode": 70}
        consignment = {
            "ExportSPSCountry": {"ID": self.sender.code[:2], "Name": "A <& country"},
            "ImportSPSCountry": {"ID": self.receiver.code[:2]},
        }
        header = self.header(self.first, NPPOCertificateNumber=number, CertificateType=851, CertificateStatus=70)
        certificate = {"SPSExchangedDocument": document, "SPSConsignment": consignment}
        answer = self.sender.call.DeliverPhytoEnvelope(ePhytoEnvelope={**header, "SPSCertificate": certificate})
        self.accepted("phyto", answer, 851, 70)

    def deliver_country_response(self):
        """DeliverCountryResponseEnvelope goes back to the issuer"""
        reference = {
            # xs:anyType on the wire: the value's type is an attribute that uses a prefix in its text.
            "TypeCode": xsd.AnyObject(xsd.String(), str(self.first.kind)),
            "ID": xsd.AnyObject(xsd.String(), self.first.number),
        }
        document = {
            "StatusCode": APPROVED,
            "ReasonInformation": {"_value_1": "Inspected", "languageID": "en"},
            "ReferenceSPSReferencedDocument": [reference],
        }
        changes = {
            "From": self.receiver.code,
            "To": self.sender.code,
            "CertificateType": COUNTRY_RESPONSE,
            "CertificateStatus": APPROVED,
        }
        envelope = self.header(self.first, **changes)
        envelope["SPSAcknowledgement"] = {"SPSAcknowledgementDocument": document}
        answer = self.receiver.call.DeliverCountryResponseEnvelope(CountryResponseEnvelope=envelope)
        self.accepted("response", answer, COUNTRY_RESPONSE, APPROVED)

    # What waits.

    def to_receiver(self):
        return [self.numbers[name] for name in ("plain", "validated", "withdrawal", "phyto")]

    def under_delivery(self):
        """GetUnderDeliveryEnvelope has what was sent"""
        headers = rows(self.sender.call.GetUnderDeliveryEnvelope(), "EnvelopeHeader")
        pending = {header.hubDeliveryNumber: header.HUBTrackingInfo for header in headers}
        expect_that(set(self.to_receiver()) <= set(pending), "an accepted envelope is missing")
        expect("the states", set(pending.values()), {"PendingDelivery"})
        expect_that(self.numbers["response"] not in pending, "the receiver's envelope is among the sender's")

    def headers(self):
        """GetImportEnvelopeHeaders lists in order of acceptance, all or by country"""
        ours = self.to_receiver()
        for country in (None, "", self.sender.code):
            expect(f"what waits from {country!r}", of_ours(self.receiver.waiting(country), ours), ours)
        expect("what waits from ourselves", of_ours(self.receiver.waiting(self.receiver.code), ours), [])
        expect("what waits for the sender", of_ours(self.sender.waiting(), ours), [])

    def pull_single(self):
        """PULLSingleImportEnvelope has the content as it was sent"""
        pull = self.receiver.call.PULLSingleImportEnvelope
        for name, certificate in (("plain", self.first), ("validated", self.second)):
            envelope = pull(hubTrackingNumber=self.numbers[name])
            expect_that(envelope is not None, f"{name}: no envelope came")
            expect(f"{name}: Content", envelope.Content, certificate.text)
            expect(f"{name}: From, To", (envelope.From, envelope.To), (self.sender.code, self.receiver.code))
            expect(f"{name}: NPPOCertificateNumber", envelope.NPPOCertificateNumber, certificate.number)
        self.check_phyto(pull(hubTrackingNumber=self.numbers["phyto"]))

    def check_phyto(self, envelope):
        root = etree.fromstring(envelope.Content.encode())
        expect("the root", root.tag, f"{{{SPS}}}SPSCertificate")
        number = root.findtext(f"{{{SPS}}}SPSExchangedDocument/{{{RAM}}}ID")
        expect("the number inside", number, f"{self.first.number}.X")
        country = f"{{{SPS}}}SPSConsignment/{{{RAM}}}ExportSPSCountry/{{{RAM}}}Name"
        expect("the country inside", root.findtext(country), "A <& country")

    def pull_not_ours(self):
        """PULLSingleImportEnvelope of nothing, or of somebody else's, is empty"""
        expect("an unknown number", self.receiver.call.PULLSingleImportEnvelope(hubTrackingNumber=UNKNOWN_NUMBER), None)
        theirs = self.sender.call.PULLSingleImportEnvelope(hubTrackingNumber=self.numbers["plain"])
        expect("the receiver's envelope for the sender", theirs, None)

    def pull_all(self):
        """PULLImportEnvelope has all, with content, in order"""
        envelopes = rows(self.receiver.call.PULLImportEnvelope(), "Envelope")
        ours = {envelope.hubDeliveryNumber: envelope for envelope in envelopes}
        expect("the order", of_ours(list(ours), self.to_receiver()), self.to_receiver())
        for name, certificate in (("plain", self.first), ("validated", self.second), ("withdrawal", self.first)):
            expect(f"{name}: Content", ours[self.numbers[name]].Content, certificate.text)
        self.check_phyto(ours[self.numbers["phyto"]])

    def pull_response(self):
        """the sender pulls the country's response"""
        envelope = self.sender.call.PULLSingleImportEnvelope(hubTrackingNumber=self.numbers["response"])
        expect_that(envelope is not None, "no envelope came")
        root = etree.fromstring(envelope.Content.encode())
        expect("the root", root.tag, f"{{{ACK}}}SPSAcknowledgement")
        document = f"{{{ACK}}}SPSAcknowledgementDocument"
        expect("the status inside", root.findtext(f"{document}/{{{RAM}}}StatusCode"), str(APPROVED))
        reference = root.find(f"{document}/{{{RAM}}}ReferenceSPSReferencedDocument/{{{RAM}}}ID")
        expect("the certificate's number inside", reference.text, self.first.number)
        prefix = reference.get(XSI_TYPE, "none").partition(":")[0]
        expect_that(prefix in reference.nsmap, f"the prefix {prefix!r} of a value's type is not declared inside")

    # Acknowledgements.

    def acknowledge(self):
        """the three acknowledgements"""
        call = self.receiver.call
        call.AcknowledgeEnvelopeReceipt(hubTrackingNumber=self.numbers["plain"])
        number = self.numbers["validated"]
        call.AdvancedAcknowledgeEnvelopeReceipt(hubTrackingNumber=number, warningMessage="Readable, mostly <& é")
        number = self.numbers["phyto"]
        call.AcknowledgeFailedEnvelopeReceipt(hubTrackingNumber=number, message="Not readable")

    def set_tracking_info(self):
        """SetTrackingInfoUpdate ends an envelope too"""
        changes = {"hubDeliveryNumber": self.numbers["withdrawal"], "HUBTrackingInfo": "Delivered"}
        header = self.header(self.first, CertificateStatus=WITHDRAWN, **changes)
        self.receiver.call.SetTrackingInfoUpdate(header=header)

    def acknowledge_response(self):
        """the sender acknowledges the country's response"""
        self.sender.call.AcknowledgeEnvelopeReceipt(hubTrackingNumber=self.numbers["response"])

    def tracking(self):
        """GetEnvelopeTrackingInfo tells both sides how each ended"""
        ends = {
            "plain": ("Delivered", None),
            "validated": ("DeliveredWithWarnings", "Readable, mostly <& é"),
            "withdrawal": ("Delivered", None),
            "phyto": ("DeliveredNotReadable", "Not readable"),
            "response": ("Delivered", None),
        }
        for name, end in ends.items():
            for party in (self.sender, self.receiver):
                header = party.track(self.numbers[name])
                found = (header.HUBTrackingInfo, header.hubDeliveryErrorMessage or None)
                expect(f"{name}, asked by {party.code}", found, end)
                expect(f"{name}: the number", header.hubDeliveryNumber, self.numbers[name])

    def tracking_unknown(self):
        """GetEnvelopeTrackingInfo of an unknown number says so"""
        expect("the state", self.sender.track(UNKNOWN_NUMBER).HUBTrackingInfo, "EnvelopeNotExists")
        expect("the state", self.sender.track("no number at all").HUBTrackingInfo, "EnvelopeNotExists")

    def nothing_waits(self):
        """what was acknowledged waits no more"""
        ours = list(self.numbers.values())
        expect("what waits for the receiver", of_ours(self.receiver.waiting(), ours), [])
        expect("what waits for the sender", of_ours(self.sender.waiting(), ours), [])
        headers = rows(self.sender.call.GetUnderDeliveryEnvelope(), "EnvelopeHeader")
        expect("what is under way", of_ours([header.hubDeliveryNumber for header in headers], ours), [])
        again = self.receiver.call.PULLSingleImportEnvelope(hubTrackingNumber=self.numbers["plain"])
        expect("an acknowledged envelope", again, None)

    def acknowledge_again(self):
        """the same acknowledgement again is answered as the first"""
        self.receiver.call.AcknowledgeEnvelopeReceipt(hubTrackingNumber=self.numbers["plain"])

    def acknowledge_otherwise(self):
        """another acknowledgement is a fault that names the present state"""
        number = self.numbers["validated"]
        call = self.receiver.call
        expect_fault(
            "AcknowledgeFailedEnvelopeReceipt",
            lambda: call.AcknowledgeFailedEnvelopeReceipt(hubTrackingNumber=number, message="no"),
            "DeliveredWithWarnings",
        )
        expect("the state after it", self.sender.track(number).HUBTrackingInfo, "DeliveredWithWarnings")

    def acknowledge_not_ours(self):
        """acknowledging nothing, or somebody else's, is a fault"""
        for party, number in ((self.receiver, UNKNOWN_NUMBER), (self.sender, self.numbers["plain"])):
            expect_fault(
                "AcknowledgeEnvelopeReceipt",
                lambda: party.call.AcknowledgeEnvelopeReceipt(hubTrackingNumber=number),
                number,
            )

    STEPS = [
        wsdl,
        get_active_nppos,
        get_profile,
        get_available_channels,
        code_lists,
        validate_clean,
        validate_broken,
        deliver,
        deliver_again,
        validate_and_deliver,
        validate_and_refuse,
        refuse_unknown_destination,
        deliver_withdrawal,
        deliver_phyto,
        deliver_country_response,
        under_delivery,
        headers,
        pull_single,
        pull_not_ours,
        pull_all,
        pull_response,
        acknowledge,
        set_tracking_info,
        acknowledge_response,
        tracking,
        tracking_unknown,
        nothing_waits,
        acknowledge_again,
        acknowledge_otherwise,
        acknowledge_not_ours,
    ]

    def run(self):
        """Runs every step; stops at the first that goes wrong, since the later ones build on it."""
        for place, step in enumerate(self.STEPS, 1):
            try:
                step(self)
            except (Unexpected, zeep.exceptions.Error, requests.RequestException, etree.XMLSyntaxError) as error:
                print(f"{place:2} FAILED  {step.__doc__}: {type(error).__name__}: {error}", flush=True)
                return False
            print(f"{place:2} ok  {step.__doc__}", flush=True)
        return True


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wsdl", required=True, help="the hub's URL with ?wsdl")
    parser.add_argument("--ca", required=True, help="certificate (PEM) of the hub's issuer")
    for role, what in (("sender", "sends the certificates"), ("receiver", "receives them")):
        parser.add_argument(f"--{role}", required=True, metavar="CODE", help=f"connection code of the NPPO that {what}")
        parser.add_argument(f"--{role}-certificate", required=True, metavar="PEM", help="its client certificate")
        parser.add_argument(f"--{role}-key", required=True, metavar="PEM", help="its private key")
    parser.add_argument(
        "certificates",
        nargs=2,
        metavar="XML",
        help="two different certificates without severe findings, from the sender's country to the receiver's",
    )
    return parser.parse_args()


def main():
    options = arguments()
    try:
        sender = Party(options, options.sender, options.sender_certificate, options.sender_key)
        # Some systems add WS-Addressing headers to every request; a hub ignores them.
        extra = [WsAddressingPlugin()]
        receiver = Party(options, options.receiver, options.receiver_certificate, options.receiver_key, extra)
        first, second = (Certificate.read(path) for path in options.certificates)
    except Exception as error:  # whatever a generator stumbles over is this test's finding
        print(f" 0 FAILED  generating the clients: {type(error).__name__}: {error}")
        return 1
    well = LifeCycle(sender, receiver, first, second).run()
    print("life cycle: ok" if well else "life cycle: FAILED")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
