//! The other end of the wire: requests as bytes, answers read. For the demo, the load tool, push and tests.

mod answer;
mod request;
mod rows;

pub use answer::{ClientError, Reply, read_answer};
pub use request::{
    deliver, deliver_stored, deliver_xml, import_headers, plain, set_tracking, validate, with_message, with_number,
};
