//! A release is sent once.
use ringfence_kernel::call::Released;

fn twice(released: Released) -> (Released, Released) {
    (released.clone(), released)
}

fn main() {}
