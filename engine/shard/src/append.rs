//! Step 4, append: the command that an admitted delivery becomes.

use phytohub_core::admission::Admitted;
use phytohub_core::shard::{Command, Copy, Deliver, Elsewhere, Room};
use phytohub_model::{Content, DeliveryNumber, Fingerprint, Header};
use xxhash_rust::xxh3::Xxh3;

/// Makes the command for a shard. `length` is that of `content`, which a segment holds; `new_number` gives a number of
/// fresh randomness with each call.
///
/// # Errors
/// That of `new_number`.
pub fn delivery<E>(
    admitted: Admitted,
    content: &[u8],
    length: u32,
    mut new_number: impl FnMut() -> Result<DeliveryNumber, E>,
) -> Result<Command, E> {
    let Admitted { header, route, copies } = admitted;
    let fingerprint = fingerprint(&header, content);
    Ok(Command::Deliver(Deliver {
        header,
        content: Content { length, fingerprint },
        number: new_number()?,
        route,
        // Copies lie in the shard of the envelope itself, so that all of them become durable together.
        copies: copies.into_iter().map(|copy| Ok(Copy { copy, number: new_number()? })).collect::<Result<_, E>>()?,
        // The shard's owner fills in how things stand when it takes the command.
        elsewhere: Elsewhere::default(),
        room: Room::Free,
    }))
}

/// The identity of a delivery: the same fields and the same raw content give the same.
fn fingerprint(header: &Header, content: &[u8]) -> Fingerprint {
    let mut hash = Xxh3::new();
    for text in [header.from.as_str(), header.to.as_str(), header.certificate_number.as_str()] {
        // The length first, so that no two different rows of texts run together into the same bytes.
        hash.update(&(text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    }
    hash.update(&header.document.kind.0.to_le_bytes());
    hash.update(&header.document.status.0.to_le_bytes());
    hash.update(content);
    Fingerprint(hash.digest128())
}
