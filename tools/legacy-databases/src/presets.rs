//! Recipes with a name: the predecessor's three files that a cleanup is measured against, and mixtures of every shape.

use crate::kind::{Kind, Label};
use crate::recipe::{Journal, Recipe, Shape, good_shares, junk_shares};

/// A recipe with a name, at the size that it has by itself.
#[derive(Debug, Clone)]
pub struct Preset {
    /// What it is called on the command line.
    pub name: &'static str,
    /// What it is, in a line.
    pub about: &'static str,
    recipe: Recipe,
}

impl Preset {
    /// Every preset, the predecessor's files first.
    pub fn all() -> Vec<Self> {
        let mut all = vec![
            predecessor_a(),
            predecessor_search(),
            predecessor_segments(),
            huge_row(),
        ];
        all.extend(MIXED.iter().map(|(name, shape)| Self {
            name,
            about: match shape {
                Shape::Podcasts => "catalogues without bodies, every row a record to keep",
                _ => "30 % junk of all kinds, the rest good",
            },
            recipe: Recipe::mixed(*shape, 1_000, 1),
        }));
        all
    }

    /// The preset of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().into_iter().find(|preset| preset.name == name)
    }

    /// The recipe for so many rows of the main table; `None`: as many as the preset has. Size and free pages go with the
    /// rows.
    pub fn recipe(&self, rows: Option<u64>) -> Recipe {
        let mut recipe = self.recipe.clone();
        if let Some(rows) = rows {
            let scaled =
                |amount: u64| (u128::from(amount) * u128::from(rows) / u128::from(recipe.rows.max(1))) as u64;
            recipe.target_bytes = recipe.target_bytes.map(scaled);
            recipe.free_pages = scaled(recipe.free_pages);
            recipe.rows = rows;
        }
        recipe
    }
}

const MIXED: [(&str, Shape); 10] = [
    ("mixed-a", Shape::AtlasA),
    ("mixed-b", Shape::AtlasB),
    ("mixed-c", Shape::AtlasC),
    ("mixed-d", Shape::AtlasD),
    ("mixed-segments", Shape::Segments),
    ("mixed-search", Shape::Enhanced),
    ("mixed-podcasts", Shape::Podcasts),
    ("mixed-index", Shape::Index),
    ("mixed-inbox", Shape::Inbox),
    ("mixed-strange", Shape::Strange),
];

/// 290 MB in which nothing is worth keeping. A quarter is free pages; the rest is the same HTML twice, in `content` and in
/// `search_index`, nearly all of it scripts and inlined state.
fn predecessor_a() -> Preset {
    Preset {
        name: "predecessor-a",
        about: "atlas.db: 8,216 rows, each of them interface HTML and too short once the markup is gone; 290 MB",
        recipe: Recipe {
            variation: 0,
            target_bytes: Some(290_000_000),
            free_pages: 17_700,
            shares: vec![(Kind::InterfaceShell, 1)],
            twists_percent: 0,
            ..Recipe::mixed(Shape::AtlasA, 8_216, 1)
        },
    }
}

fn predecessor_search() -> Preset {
    const ROWS: u32 = 17_782;
    const JUNK: u32 = 198;
    let mut good = good_shares(Shape::Enhanced);
    good.retain(|(kind, _)| kind.label() == Label::Keep);
    let junk = junk_shares();
    let sum = |shares: &[(Kind, u32)]| shares.iter().map(|(_, weight)| weight).sum::<u32>();
    let (of_good, of_junk) = (sum(&good), sum(&junk));
    // A common measure that keeps the proportion exact and small enough.
    let good_unit = of_good / gcd(of_good, of_junk);
    let junk_unit = of_junk / gcd(of_good, of_junk);
    let shares = good
        .into_iter()
        .map(|(kind, weight)| (kind, weight * (ROWS - JUNK) * junk_unit))
        .chain(
            junk.into_iter()
                .map(|(kind, weight)| (kind, weight * JUNK * good_unit)),
        )
        .collect();
    Preset {
        name: "predecessor-search",
        about: "enhanced_search.db: 17,782 rows of which 198 are junk; 300 MB",
        recipe: Recipe {
            variation: 0,
            target_bytes: Some(300_000_000),
            shares,
            ..Recipe::mixed(Shape::Enhanced, u64::from(ROWS), 1)
        },
    }
}

fn predecessor_segments() -> Preset {
    Preset {
        name: "predecessor-segments",
        about: "atlas_search.db: 191 short transcript segments, all of them good",
        recipe: Recipe {
            variation: 0,
            shares: vec![(Kind::Segment, 1)],
            journal: Journal::Delete,
            ..Recipe::mixed(Shape::Segments, 191, 1)
        },
    }
}

fn huge_row() -> Preset {
    Preset {
        name: "huge-row",
        about: "the strange shape with one good row of 100 MB",
        recipe: Recipe {
            huge_row_bytes: Some(100_000_000),
            ..Recipe::mixed(Shape::Strange, 100, 1)
        },
    }
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a.max(1) } else { gcd(b, a % b) }
}
