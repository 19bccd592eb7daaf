//! Values that records of several kinds have.

use phytohub_model::{AllowedDocument, ConnectionCode, Document, DocumentStatus, DocumentType};
use rkyv::Archive;

use super::DecodeError;

/// A connection code: its text, filled up with zeros.
pub(super) type Code = [u8; 12];

/// Pairs of type and status; `None` for all.
pub(super) type Allowed = Option<Vec<(i32, i32)>>;

/// The code as it lies on disk.
pub(super) fn code_bytes(code: &ConnectionCode) -> Code {
    let mut bytes = Code::default();
    // A code is never longer than its limit, which this length follows.
    bytes.iter_mut().zip(code.as_str().bytes()).for_each(|(place, byte)| *place = byte);
    bytes
}

const _: () = assert!(
    phytohub_model::limits::CONNECTION_CODE_LENGTH_MAX == size_of::<Code>(),
    "a longer code is a change of the format"
);

/// Reads a code.
pub(super) fn code(bytes: &Code) -> Result<ConnectionCode, DecodeError> {
    let length = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    let text = std::str::from_utf8(&bytes[..length]).map_err(|_| DecodeError::Malformed)?;
    text.parse().map_err(|_| DecodeError::Malformed)
}

/// Stands where there may be a code and is none: no code is empty.
pub(super) fn no_code() -> Code {
    Code::default()
}

/// Reads a code, or that there is none.
pub(super) fn some_code(bytes: &Code) -> Result<Option<ConnectionCode>, DecodeError> {
    if *bytes == no_code() { Ok(None) } else { code(bytes).map(Some) }
}

/// The pairs as they lie on disk.
pub(super) fn allowed_record(allowed: &AllowedDocument) -> Allowed {
    match allowed {
        AllowedDocument::All => None,
        AllowedDocument::Only(pairs) => Some(pairs.iter().map(|pair| (pair.kind.0, pair.status.0)).collect()),
    }
}

/// Reads the pairs.
pub(super) fn allowed(record: &<Allowed as Archive>::Archived) -> AllowedDocument {
    match record.as_ref() {
        None => AllowedDocument::All,
        Some(pairs) => AllowedDocument::Only(
            pairs
                .iter()
                .map(|pair| Document {
                    kind: DocumentType(pair.0.to_native()),
                    status: DocumentStatus(pair.1.to_native()),
                })
                .collect(),
        ),
    }
}
