//! What a rule of personal data says. Must never hold more than data.

use ringfence_model::finding::Severity;

/// One kind of number, generated from `rules/pii/*.yaml`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    /// Finding id, also the placeholder's name: `[redacted:us_ssn]`.
    pub(super) id: &'static str,
    /// For the message.
    pub(super) what: &'static str,
    /// `9` a digit, `A` a letter, `X` either; anything else is itself.
    pub(super) shapes: &'static [&'static str],
    pub(super) check: Check,
    /// One of these near the value makes it sure. In lower case.
    pub(super) words: &'static [&'static str],
    pub(super) bare: Bare,
    pub(super) severity: Severity,
}

/// What counts without a word beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bare {
    /// Nothing.
    Never,
    /// A shape with separators.
    Formatted,
    /// Every shape: the check is strong.
    Always,
}

/// What must hold of a number beside its shape. Named after the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// Nothing more.
    Shape,
    ArCuit,
    AtSvnr,
    AuAbn,
    AuAcn,
    AuMedicare,
    AuTfn,
    BeNn,
    BgEgn,
    BrCnpj,
    BrCpf,
    CaSin,
    ChAhv,
    ClRut,
    CnId,
    CoNit,
    CzRc,
    DeDocument,
    DePassport,
    DkCpr,
    EcCedula,
    EeIk,
    EsNif,
    FiHetu,
    FrNir,
    HkId,
    IePps,
    InAadhaar,
    InPan,
    IsKt,
    ItCf,
    Jmbg,
    JpMyNumber,
    KrLicence,
    KrRrn,
    Luhn,
    Mod1110,
    MxCurp,
    NlBsn,
    NoFnr,
    NzIrd,
    PlPesel,
    PtNif,
    RoCnp,
    RuInn,
    RuSnils,
    SeCompany,
    SePersonnummer,
    SgNric,
    ThId,
    TrKimlik,
    TwId,
    UkNhs,
    UkNino,
    UsAba,
    UsItin,
    UsMbi,
    UsNpi,
    UsSsn,
    UyCi,
    Verhoeff,
    Vin,
    ZaId,
}
