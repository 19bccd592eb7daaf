//! Prints the WSDL, to feed a client generator by hand: `cargo run -p phytohub-soap --example wsdl > hub.wsdl`.

use std::io::Write as _;

fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "https://localhost:8443/hub/DeliveryService".to_owned());
    std::io::stdout().write_all(phytohub_soap::wsdl(&address).as_bytes())
}
