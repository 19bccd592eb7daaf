//! The service's description of itself, from which clients are generated.

use crate::names;
use crate::operation::Operation;
use crate::xml;

/// One schema for each namespace, in an order in which most are declared before they are used.
const SCHEMAS: [&str; 7] = [
    include_str!("wsdl/udt.xsd"),
    include_str!("wsdl/qdt.xsd"),
    include_str!("wsdl/ram.xsd"),
    include_str!("wsdl/sps.xsd"),
    include_str!("wsdl/ack.xsd"),
    include_str!("wsdl/hub.xsd"),
    include_str!("wsdl/eph.xsd"),
];

/// The complete WSDL 1.1, schemas inline, for a service that is reached at `address`.
pub fn wsdl(address: &str) -> String {
    let mut escaped = Vec::new();
    xml::escape(address, &mut escaped);
    let address = String::from_utf8_lossy(&escaped);
    let (eph, soap) = (names::EPH, "http://schemas.xmlsoap.org/wsdl/soap/");
    let messages: String = Operation::ALL.into_iter().map(messages).collect();
    let abstract_operations: String = Operation::ALL.into_iter().map(abstract_operation).collect();
    let bound_operations: String = Operation::ALL.into_iter().map(bound_operation).collect();
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="{soap}" xmlns:eph="{eph}"
                  name="DeliveryService" targetNamespace="{eph}">
<wsdl:types>
{schemas}</wsdl:types>
{messages}<wsdl:message name="HubWebException">
  <wsdl:part name="HubWebException" element="eph:HubWebException"/>
</wsdl:message>
<wsdl:portType name="IDeliveryService">
{abstract_operations}</wsdl:portType>
<wsdl:binding name="DeliveryServiceSoapBinding" type="eph:IDeliveryService">
  <soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
{bound_operations}</wsdl:binding>
<wsdl:service name="DeliveryService">
  <wsdl:port name="IDeliveryServiceImplPort" binding="eph:DeliveryServiceSoapBinding">
    <soap:address location="{address}"/>
  </wsdl:port>
</wsdl:service>
</wsdl:definitions>
"#,
        schemas = SCHEMAS.concat()
    )
}

fn messages(operation: Operation) -> String {
    let name = operation.name();
    let message = |name: &str| {
        format!(
            r#"<wsdl:message name="{name}">
  <wsdl:part name="parameters" element="eph:{name}"/>
</wsdl:message>
"#
        )
    };
    message(name) + &message(&format!("{name}Response"))
}

fn abstract_operation(operation: Operation) -> String {
    let name = operation.name();
    format!(
        r#"  <wsdl:operation name="{name}">
    <wsdl:input name="{name}" message="eph:{name}"/>
    <wsdl:output name="{name}Response" message="eph:{name}Response"/>
    <wsdl:fault name="HubWebException" message="eph:HubWebException"/>
  </wsdl:operation>
"#
    )
}

fn bound_operation(operation: Operation) -> String {
    let (name, action) = (operation.name(), operation.soap_action());
    format!(
        r#"  <wsdl:operation name="{name}">
    <soap:operation soapAction="{action}" style="document"/>
    <wsdl:input name="{name}"><soap:body use="literal"/></wsdl:input>
    <wsdl:output name="{name}Response"><soap:body use="literal"/></wsdl:output>
    <wsdl:fault name="HubWebException"><soap:fault name="HubWebException" use="literal"/></wsdl:fault>
  </wsdl:operation>
"#
    )
}
