use super::*;

fn taken(selection: &str) -> Vec<String> {
    let selection: Selection = selection.parse().unwrap();
    Cell::all(false).iter().filter(|cell| selection.takes(cell)).map(ToString::to_string).collect()
}

#[test]
fn every_cell_has_a_name_of_its_own() {
    let mut names: Vec<String> = Cell::all(false).iter().map(ToString::to_string).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 2 * 2 * 4 * 3);
}

#[test]
fn a_selection_is_exact_where_it_says_something() {
    assert_eq!(taken("legacy:http:1k:c1"), ["legacy:http:1k:c1"]);
    assert_eq!(
        taken("modern:*:list"),
        [
            "modern:http:list:c1",
            "modern:http:list:c8",
            "modern:http:list:c32",
            "modern:stdio:list:c1",
            "modern:stdio:list:c8",
            "modern:stdio:list:c32"
        ]
    );
    assert_eq!(taken("legacy:http:1"), Vec::<String>::new());
}

#[test]
fn a_quick_run_still_meets_every_part() {
    let quick = Cell::all(true);
    assert!(quick.len() <= 16, "{}", quick.len());
    for part in ["legacy", "modern", "http", "stdio", "1k", "10k", "64k", "list", "c1", "c8"] {
        assert!(quick.iter().any(|cell| cell.to_string().split(':').any(|own| own == part)), "{part}");
    }
}
