//! The binary as scripts and clients see it: exit codes, output, the conversation over stdio.

#[cfg(test)]
mod it {
    mod check;
    mod cli;
    mod fake;
    mod help;
    mod home;
    mod init;
    mod kernel;
    mod policy;
    mod reference;
    mod scan;
    mod shim;
    mod stream;
    mod verify;
}
