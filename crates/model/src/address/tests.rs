use super::*;

fn class(text: &str) -> AddressClass {
    classify(text.parse().unwrap())
}

#[test]
fn only_global_unicast_is_public() {
    for text in [
        "1.1.1.1",
        "8.8.8.8",
        "172.15.0.1",
        "172.32.0.1",
        "100.63.0.1",
        "100.128.0.1",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2001:200::1",
        "2001:4860:4860::8888",
    ] {
        assert_eq!(class(text), AddressClass::Public, "{text}");
    }
    for (text, expected) in [
        ("127.0.0.1", AddressClass::Loopback),
        ("127.255.0.3", AddressClass::Loopback),
        ("::1", AddressClass::Loopback),
        ("::ffff:127.0.0.1", AddressClass::Loopback),
        ("::127.0.0.1", AddressClass::Loopback),
        ("64:ff9b::7f00:1", AddressClass::Loopback),
        ("2002:7f00:1::", AddressClass::Loopback),
        ("10.0.0.1", AddressClass::Private),
        ("172.31.255.255", AddressClass::Private),
        ("100.64.0.1", AddressClass::Private),
        ("fd12::1", AddressClass::Private),
        ("fec0::1", AddressClass::Private),
        ("169.254.1.1", AddressClass::LinkLocal),
        ("fe80::1", AddressClass::LinkLocal),
        ("169.254.169.254", AddressClass::Metadata),
        ("::ffff:169.254.169.254", AddressClass::Metadata),
        ("168.63.129.16", AddressClass::Metadata),
        ("100.100.100.200", AddressClass::Metadata),
        ("169.254.170.2", AddressClass::Metadata),
        ("fd00:ec2::254", AddressClass::Metadata),
        ("fd20:ce::254", AddressClass::Metadata),
        ("fe80::a9fe:a9fe", AddressClass::Metadata),
        ("::ffff:0:a9fe:a9fe", AddressClass::Metadata),
        ("64:ff9b::a9fe:a9fe", AddressClass::Metadata),
        ("64:ff9b:1:fffe::a9fe:a9fe", AddressClass::Metadata),
        ("2001:0:4136:e378:8000:63bf:5601:5601", AddressClass::Metadata),
        ("2620:0:1::5efe:10.0.0.1", AddressClass::Private),
        ("2620:0:1::200:5efe:127.0.0.1", AddressClass::Loopback),
        ("224.0.0.1", AddressClass::Multicast),
        ("255.255.255.255", AddressClass::Multicast),
        ("ff02::1", AddressClass::Multicast),
        ("0.0.0.0", AddressClass::Reserved),
        ("::", AddressClass::Reserved),
        ("240.0.0.1", AddressClass::Reserved),
        ("198.19.0.1", AddressClass::Reserved),
        ("192.0.2.1", AddressClass::Reserved),
        ("2001::f7f7:f7f7", AddressClass::Reserved),
        ("2001:db8::1", AddressClass::Reserved),
        ("64:ff9b:1::1", AddressClass::Reserved),
        ("64:ff9b:1::8.8.8.8", AddressClass::Reserved),
        ("2001:10::1", AddressClass::Reserved),
        ("2001:20::1", AddressClass::Reserved),
        ("3fff:fff::1", AddressClass::Reserved),
        ("100::1", AddressClass::Reserved),
        ("5f00::1", AddressClass::Reserved),
        ("192.0.0.8", AddressClass::Reserved),
        ("192.88.99.1", AddressClass::Reserved),
        ("2002:808:808::1", AddressClass::Reserved),
        ("4000::1", AddressClass::Reserved),
    ] {
        assert_eq!(class(text), expected, "{text}");
    }
}
