//! Texts one after the other, as in `KGM, LTR`.

/// Adds `text` to a listing.
pub(crate) fn add(listing: &mut String, text: &str) {
    if !listing.is_empty() {
        listing.push_str(", ");
    }
    listing.push_str(text);
}

/// All of `texts`.
#[inline(never)]
pub(crate) fn of(texts: &[&str]) -> String {
    let mut listing = String::new();
    texts.iter().for_each(|text| add(&mut listing, text));
    listing
}
