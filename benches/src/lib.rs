//! Criterion benches of the engine's parts; see `benches/README.md`.

pub mod documents;
