//! Programs that work on disks, partitions and volumes. Must never pass a write to a device.

use super::options::Options;
use crate::code::rule;
use crate::code::shell::machine::{Call, Machine, Stream};
use crate::code::shell::target;

pub(super) fn run(machine: &mut Machine<'_, '_>, call: &Call<'_>) -> Option<Stream> {
    let first = call.arguments.first().map(String::as_str).unwrap_or_default();
    let has = |option: &str| call.arguments.iter().any(|argument| argument == option);
    let lower = call.name.to_ascii_lowercase();
    match lower.as_str() {
        "dd" | "dcfldd" | "gdd" => dd(machine, call),
        "wipefs" | "sgdisk" | "sfdisk" | "fdisk" | "gdisk" | "cfdisk" | "parted" | "blkdiscard" | "mdadm"
        | "hdparm" | "badblocks" => {
            let asks = has("-l")
                || has("--list")
                || has("-p")
                || has("--print")
                || has("print")
                || has("-d") && lower == "sfdisk"
                || has("--detail")
                || has("-I")
                || has("-D")
                || lower == "wipefs" && !has("-a") && !has("--all") && !has("-o")
                || lower == "badblocks" && !has("-w");
            if !asks {
                machine.findings.add(&rule::WRITE_DEVICE, call.span.clone());
            }
        }
        "cryptsetup" => {
            if matches!(
                first,
                "luksFormat" | "erase" | "luksErase" | "reencrypt" | "luksRemoveKey" | "luksKillSlot"
            ) {
                machine.findings.add(&rule::FORMAT_DRIVE, call.span.clone());
            } else if first != "status" && first != "luksDump" {
                machine.findings.add(&rule::SERVICE, call.span.clone());
            }
        }
        "lvremove" | "vgremove" | "pvremove" | "lvreduce" | "pvcreate" | "tune2fs" | "resize2fs"
        | "debugfs" | "e2fsck" | "mkswap" => {
            machine.findings.add(&rule::WRITE_DEVICE, call.span.clone());
        }
        "zfs" | "zpool" | "btrfs" => {
            let destroys = call.arguments.iter().any(|argument| {
                matches!(argument.as_str(), "destroy" | "delete" | "rollback" | "labelclear")
            });
            let asks = matches!(first, "list" | "status" | "get" | "iostat" | "history")
                || call
                    .arguments
                    .iter()
                    .any(|argument| matches!(argument.as_str(), "show" | "list" | "df" | "usage"));
            if destroys {
                machine.findings.add(&rule::WRITE_DEVICE, call.span.clone());
            } else if !asks {
                machine.findings.add(&rule::UNKNOWN_PROGRAM, call.span.clone());
            }
        }
        "format" => {
            let drive = call.arguments.iter().any(|argument| {
                let bytes = argument.as_bytes();
                bytes.first().is_some_and(u8::is_ascii_alphabetic) && bytes.get(1) == Some(&b':')
            });
            machine
                .findings
                .add(if drive { &rule::FORMAT_DRIVE } else { &rule::UNKNOWN_PROGRAM }, call.span.clone());
        }
        "format-volume" | "clear-disk" | "initialize-disk" | "remove-partition" | "diskpart" => {
            machine.findings.add(&rule::FORMAT_DRIVE, call.span.clone())
        }
        "diskutil" => {
            let asks = matches!(first, "list" | "info" | "activity");
            if !asks {
                machine.findings.add(&rule::FORMAT_DRIVE, call.span.clone());
            }
        }
        name if name == "mkfs"
            || name.starts_with("mkfs.")
            || name.starts_with("mke2fs")
            || name.starts_with("newfs") =>
        {
            machine.findings.add(&rule::FORMAT_DRIVE, call.span.clone());
        }
        _ => return None,
    }
    Some(Stream::Unknown)
}

fn dd(machine: &mut Machine<'_, '_>, call: &Call<'_>) {
    let options = Options::of(call.arguments, "", &[]);
    for operand in options.operands {
        if let Some(path) = operand.strip_prefix("of=") {
            if target::is_device(path) {
                machine.findings.add(&rule::DD_DISK, call.span.clone());
            } else {
                machine.write(path, false, call.span.clone());
            }
        } else if let Some(path) = operand.strip_prefix("if=") {
            machine.read(path, call.span.clone());
        }
    }
}
