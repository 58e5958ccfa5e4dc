#[rustfmt::skip]
mod rows;
