//! The scenarios that ship, by name.

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../scenarios/", $name, ".toml")))),*]
    };
}

/// Name and text of each, from the quickest to the rarest.
pub(crate) const SHIPPED: [(&str, &str); 15] = shipped![
    "smoke",
    "steady",
    "world",
    "ramp-to-knee",
    "spike",
    "soak",
    "backlog",
    "noisy-neighbour",
    "handshake-storm",
    "resend-storm",
    "big-attachments",
    "poison",
    "kill",
    "disk-full",
    "slow-disk",
];
