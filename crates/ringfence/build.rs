//! Links the binary with packed relocations where the C library of this machine can apply them.
//!
//! They take 1.9 MB otherwise, all of which is read at every start.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if knows_packed_relocations() {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
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
