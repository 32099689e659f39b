//! Signatures by which nearly equal texts are found: one permutation hashing (Li, Owen and Zhang, 2012), a form of
//! minhash (Broder, 1997) that reads a text once. Estimates the Jaccard similarity of the sets of runs of four words.
//!
//! 64 bins: the standard error of an estimate near 0.7 is about 0.06. Texts that are compared share one of 16 bands of
//! four bins: at a similarity of 0.7 that misses 1 pair in 80, at 0.8 one in 5,000.

/// Bins of a signature.
const BINS: usize = 64;
/// Bins that have to be equal for two texts to be compared at all.
const BAND_BINS: usize = 4;
/// Words in a run.
const RUN_WORDS: usize = 4;
/// Shorter texts differ by a word and mean something else.
const LEAST_WORDS: usize = 50;
/// An empty bin.
const EMPTY: u32 = u32::MAX;

/// From here on two texts at different addresses are nearly the same.
pub(super) const NEAR: f32 = 0.7;
/// From here on two texts at the same address are versions of one.
pub(super) const VERSION: f32 = 0.4;

/// The signature of a text; `None` if it is too short for one. Case and blanks do not count.
pub(super) fn signature(text: &str) -> Option<Box<[u8]>> {
    let words: Vec<u64> = text.split_whitespace().flat_map(words_of).collect();
    if words.len() < LEAST_WORDS {
        return None;
    }
    let mut bins = [EMPTY; BINS];
    for run in words.windows(RUN_WORDS) {
        let hash = mix(run.iter().fold(0, |hash: u64, word| {
            hash.rotate_left(13).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ word
        }));
        let bin = &mut bins[(hash >> 58) as usize];
        *bin = (*bin).min(hash as u32);
    }
    Some(bins.iter().flat_map(|bin| bin.to_le_bytes()).collect())
}

/// How similar two texts are, by their signatures, `0.0..=1.0`.
pub(super) fn similarity(one: &[u8], two: &[u8]) -> f32 {
    let (mut equal, mut filled) = (0_u16, 0_u16);
    for (one, two) in bins(one).zip(bins(two)) {
        filled += u16::from(one != EMPTY || two != EMPTY);
        equal += u16::from(one == two && one != EMPTY);
    }
    if filled == 0 {
        return 0.0;
    }
    f32::from(equal) / f32::from(filled)
}

/// Numbers of which similar texts share one: a hash for each band. An empty bin takes the next filled one's place
/// (Shrivastava and Li, 2014).
pub(super) fn bands(signature: &[u8]) -> Vec<i64> {
    let filled: Vec<u32> = bins(signature).collect();
    let at = |place: usize| {
        (0..filled.len())
            .map(|step| filled[(place + step) % filled.len()])
            .find(|bin| *bin != EMPTY)
            .unwrap_or(EMPTY)
    };
    (0..filled.len() / BAND_BINS)
        .map(|band| {
            let hash = (0..BAND_BINS).fold(band as u64 + 1, |hash, bin| {
                mix(hash ^ u64::from(at(band * BAND_BINS + bin)))
            });
            hash as i64
        })
        .collect()
}

fn bins(signature: &[u8]) -> impl Iterator<Item = u32> {
    let (bins, _rest) = signature.as_chunks::<4>();
    bins.iter().map(|bin| u32::from_le_bytes(*bin))
}

/// A word; of scripts that write none apart, each sign.
fn words_of(text: &str) -> Vec<u64> {
    let is_sign = |c: char| matches!(u32::from(c), 0x0E00..=0x0EFF | 0x3040..=0x30FF | 0x3400..=0x9FFF | 0xF900..=0xFAFF);
    if !text.contains(is_sign) {
        return vec![word_hash(text)];
    }
    let mut sign = [0; 4];
    text.chars()
        .map(|c| word_hash(c.encode_utf8(&mut sign)))
        .collect()
}

fn word_hash(word: &str) -> u64 {
    let mut hash = 0xCBF2_9CE4_8422_2325;
    for letter in word.chars().flat_map(char::to_lowercase) {
        hash = (hash ^ u64::from(letter as u32)).wrapping_mul(0x0000_0100_0000_01B3);
    }
    mix(hash)
}

/// The finisher of splitmix64.
fn mix(mut hash: u64) -> u64 {
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words that no two texts share by chance.
    fn text(seed: usize, words: usize) -> Vec<String> {
        (0..words)
            .map(|n| format!("w{}", mix((seed * 100_000 + n) as u64) % 5_000))
            .collect()
    }

    fn jaccard(one: &[String], two: &[String]) -> f32 {
        let runs = |words: &[String]| -> std::collections::HashSet<Vec<String>> {
            words.windows(RUN_WORDS).map(<[String]>::to_vec).collect()
        };
        let (one, two) = (runs(one), runs(two));
        one.intersection(&two).count() as f32 / one.union(&two).count() as f32
    }

    #[test]
    fn the_estimate_is_close_to_the_real_similarity() {
        let original = text(1, 600);
        for changed in [0, 5, 15, 30, 60] {
            let mut copy = original.clone();
            for n in 0..changed {
                copy[n * 600 / changed.max(1)] = format!("changed{n}");
            }
            let real = jaccard(&original, &copy);
            let one = signature(&original.join(" ")).unwrap();
            let two = signature(&copy.join("  ").to_uppercase()).unwrap();
            let estimate = similarity(&one, &two);
            assert!((estimate - real).abs() < 0.2, "{changed}: {estimate} for {real}");
        }
    }

    #[test]
    fn similar_texts_share_a_band_and_others_do_not() {
        let (mut found, mut chance) = (0, 0);
        for seed in 0..200 {
            let original = text(seed, 200);
            let mut copy = original.clone();
            for n in 0..4 {
                copy[n * 50] = "changed".to_owned();
            }
            let [one, two, other] =
                [original, copy, text(seed + 1_000, 200)].map(|text| signature(&text.join(" ")).unwrap());
            let shares = |other: &[u8]| bands(&one).iter().any(|band| bands(other).contains(band));
            found += u32::from(shares(&two));
            chance += u32::from(shares(&other));
        }
        assert!(found >= 198, "{found} of 200");
        assert_eq!(chance, 0);
    }

    #[test]
    fn short_texts_have_no_signature() {
        assert_eq!(signature(&text(1, LEAST_WORDS - 1).join(" ")), None);
        assert!(signature(&text(1, LEAST_WORDS).join(" ")).is_some());
    }
}
