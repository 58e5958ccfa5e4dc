//! Bad input, faults, and peers of another version, each against a whole kernel of its own: what is refused is refused in
//! clear words, what fails fails alone, and the journal verifies afterwards.

#[cfg(test)]
mod faults {
    mod alike;
    mod attachments;
    mod bounds;
    mod bridge;
    mod client;
    mod confirm;
    mod crash;
    mod engines;
    mod errands;
    mod fake;
    mod flow;
    mod guards;
    mod headers;
    mod house;
    mod http;
    mod killed;
    mod leaving;
    mod malformed;
    mod pins;
    mod shown;
    mod slow;
    mod start;
    mod strangers;
    mod tasks;
    mod together;
    mod trust;
    mod upgrade;
    mod upstream;
    mod web;
    mod words;
}
