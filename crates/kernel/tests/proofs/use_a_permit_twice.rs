//! A permit permits one call.
use ringfence_kernel::call::Permitted;

fn twice(permitted: Permitted) -> (Permitted, Permitted) {
    (permitted.clone(), permitted)
}

fn main() {}
