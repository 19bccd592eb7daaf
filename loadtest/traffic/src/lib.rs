//! Real-shaped traffic from a seed.
