use std::convert::Infallible;

use proptest::prelude::*;

use super::*;

/// The leaves of a log, all at hand.
struct All<'a>(&'a [Hash]);

impl Leaves for All<'_> {
    type Error = Infallible;
    fn run(&mut self, run: u64) -> Result<Vec<Hash>, Infallible> {
        let start = (run * WIDTH) as usize;
        Ok(self.0[start..start + WIDTH as usize].to_vec())
    }
}

/// RFC 9162 section 2.1.1, word by word.
fn merkle_tree_hash(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => digest(&[]),
        [one] => *one,
        more => {
            let mut k = 1;
            while k * 2 < more.len() {
                k *= 2;
            }
            digest(&[&[1], &merkle_tree_hash(&more[..k]), &merkle_tree_hash(&more[k..])])
        }
    }
}

fn grown(size: usize) -> (Tree, Vec<Hash>) {
    let leaves: Vec<Hash> = (0..size).map(|at| leaf(&at.to_be_bytes())).collect();
    let mut tree = Tree::new();
    leaves.iter().for_each(|leaf| tree.push(*leaf));
    (tree, leaves)
}

fn hex(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn roots_are_those_of_the_published_tests_of_certificate_transparency() {
    let entries: [&[u8]; 8] = [
        b"",
        &[0],
        &[0x10],
        &[0x20, 0x21],
        &[0x30, 0x31],
        &[0x40, 0x41, 0x42, 0x43],
        &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        &[0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
    ];
    let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut tree = Tree::new();
    for (at, root) in roots.iter().enumerate() {
        assert_eq!(hex(&tree.root()), *root, "{at} leaves");
        if let Some(entry) = entries.get(at) {
            tree.push(leaf(entry));
        }
    }
}

#[test]
fn the_tree_in_short_is_the_tree() {
    for size in [0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 1_000, 65_535, 65_536, 65_537, 66_000, 140_000] {
        let (tree, leaves) = grown(size);
        assert_eq!(tree.root(), merkle_tree_hash(&leaves), "{size}");
        let kept: usize = tree.levels.iter().map(Vec::len).sum();
        assert!(kept <= 256 + size / 255, "{kept} hashes of {size} leaves");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_proof_shows_what_it_says_and_nothing_else(
        (now, size, index) in (1_usize..1_500).prop_flat_map(|now| (Just(now), 1..=now))
            .prop_flat_map(|(now, size)| (Just(now), Just(size), 0..size)),
        other in any::<u64>(),
        bit in any::<usize>(),
    ) {
        let (tree, leaves) = grown(now);
        let root = merkle_tree_hash(&leaves[..size]);
        prop_assert_eq!(tree.root_at(size as u64, &mut All(&leaves)).unwrap(), Some(root));
        let (index, size) = (index as u64, size as u64);
        let proof = tree.inclusion(index, size, &mut All(&leaves)).unwrap().unwrap();
        let own = leaves[index as usize];
        prop_assert_eq!(root_from_inclusion(index, size, own, &proof), Some(root));
        // Not of another place, another leaf, with one hash changed, left out or put in.
        let elsewhere = other % size;
        prop_assert_eq!(root_from_inclusion(elsewhere, size, own, &proof) == Some(root), elsewhere == index);
        prop_assert_ne!(root_from_inclusion(index, size, leaf(b"other"), &proof), Some(root));
        if !proof.is_empty() {
            let mut wrong = proof.clone();
            let at = bit / 256 % wrong.len();
            wrong[at][bit / 8 % HASH] ^= 1 << (bit % 8);
            prop_assert_ne!(root_from_inclusion(index, size, own, &wrong), Some(root));
            prop_assert_ne!(root_from_inclusion(index, size, own, &proof[1..]), Some(root));
        }
        let longer = [&proof[..], &[own]].concat();
        prop_assert_ne!(root_from_inclusion(index, size, own, &longer), Some(root));
        prop_assert_eq!(tree.inclusion(size, size, &mut All(&leaves)).unwrap(), None);
        prop_assert_eq!(tree.inclusion(0, now as u64 + 1, &mut All(&leaves)).unwrap(), None);
    }

    #[test]
    fn a_log_that_grew_is_told_from_one_that_was_changed(
        (new, old) in (1_usize..1_500).prop_flat_map(|new| (Just(new), 0..=new)),
        changed in any::<usize>(),
    ) {
        let (tree, mut leaves) = grown(new);
        let proof = tree.consistency(old as u64, new as u64, &mut All(&leaves)).unwrap().unwrap();
        let before = (old as u64, merkle_tree_hash(&leaves[..old]));
        prop_assert!(is_consistent(before, (new as u64, tree.root()), &proof));
        prop_assert!(!is_consistent(before, (new as u64, leaf(b"other")), &proof) || (old == 0));
        if old > 0 {
            leaves[changed % old] = leaf(b"changed");
            let other = (old as u64, merkle_tree_hash(&leaves[..old]));
            prop_assert!(!is_consistent(other, (new as u64, tree.root()), &proof));
            let longer = [&proof[..], &[leaf(b"more")]].concat();
            prop_assert!(!is_consistent(before, (new as u64, tree.root()), &longer));
        }
    }
}
