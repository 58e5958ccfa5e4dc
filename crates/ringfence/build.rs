//! How the binary is linked: without the names of its functions, with packed relocations where the C library of this
//! machine can apply them, and with the functions in the order in which they run.
//!
//! Unpacked, relocations take 1.9 MB, all of which is read at every start.

use std::env;
use std::path::PathBuf;

/// Set where a profiler must see names.
const NAMES: &str = "RINGFENCE_KEEP_NAMES";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={NAMES}");
    if !is_set(NAMES) && is("CARGO_CFG_TARGET_OS", "linux") && is("PROFILE", "release") {
        link_with("--strip-all");
    }
    if knows_packed_relocations() {
        link_with("-z,pack-relative-relocs");
    }
    if let Some(order) = order().filter(|_| is("PROFILE", "release") && is_linked_by_lld()) {
        println!("cargo::rerun-if-changed={}", order.display());
        link_with(&format!("--symbol-ordering-file={}", order.display()));
        link_with("--no-warn-symbol-ordering");
    }
}

fn link_with(option: &str) {
    println!("cargo::rustc-link-arg-bins=-Wl,{option}");
}

#[expect(clippy::disallowed_methods, reason = "runs at build time, with what cargo says")]
fn is_set(variable: &str) -> bool {
    env::var_os(variable).is_some()
}

#[expect(clippy::disallowed_methods, reason = "runs at build time, with what cargo says")]
fn is(variable: &str, value: &str) -> bool {
    env::var_os(variable).is_some_and(|said| said == value)
}

/// Written by `cargo xtask order`.
fn order() -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("order.txt");
    path.is_file().then_some(path)
}

/// The linker of the toolchain where nobody chose another; only it takes an order.
#[expect(clippy::disallowed_methods, reason = "runs at build time, with what cargo says")]
fn is_linked_by_lld() -> bool {
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    is("TARGET", "x86_64-unknown-linux-gnu") && !is_set("RUSTC_LINKER") && !flags.contains("link")
}

/// glibc does from 2.36 on.
#[expect(clippy::disallowed_methods, reason = "runs at build time, with what the build was given")]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn knows_packed_relocations() -> bool {
    let version = std::process::Command::new("getconf").arg("GNU_LIBC_VERSION").output();
    let version = version.map(|said| String::from_utf8_lossy(&said.stdout).into_owned()).unwrap_or_default();
    let mut numbers = version.trim().trim_start_matches("glibc ").split('.').map(str::parse::<u32>);
    matches!((numbers.next(), numbers.next()), (Some(Ok(2)), Some(Ok(36..))))
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
const fn knows_packed_relocations() -> bool {
    false
}
