//! Several values in one text, as the environment has them: `2,3,6`, or `degraded=2,down=6`, where those that are not
//! named stay as they are. What the values mean is not decided here.

/// The parts of a text, one for each of these names in their order; none for one that is not named. `None` where the
/// text does not fit the names.
pub(super) fn parts<'a, const COUNT: usize>(
    text: &'a str,
    names: [&str; COUNT],
) -> Option<[Option<&'a str>; COUNT]> {
    let mut found = [None; COUNT];
    let given: Vec<&str> = text.split(',').map(str::trim).collect();
    if given.iter().all(|part| !part.contains('=')) {
        if given.len() != COUNT {
            return None;
        }
        for (place, part) in found.iter_mut().zip(given) {
            *place = Some(part);
        }
        return Some(found);
    }
    for part in given {
        let (name, value) = part.split_once('=')?;
        let position = names.iter().position(|known| *known == name.trim())?;
        if found[position].replace(value.trim()).is_some() {
            return None;
        }
    }
    Some(found)
}

/// Sets whole numbers by their names.
pub(super) fn set_numbers<const COUNT: usize>(
    text: &str,
    names: [&str; COUNT],
    places: [&mut u32; COUNT],
) -> Result<(), String> {
    let wrong = || {
        let example: Vec<_> = (2..).take(COUNT).map(|number: u32| number.to_string()).collect();
        let fields: Vec<_> = names
            .iter()
            .zip(&example)
            .map(|(name, number)| format!("{name} = {number}"))
            .collect();
        let (list, table, words) = (example.join(", "), fields.join(", "), names.join(", "));
        format!("is `{text}`; it must be whole numbers for {words}, like [{list}] or {{ {table} }}")
    };
    let parts = parts(text, names).ok_or_else(wrong)?;
    let mut numbers = [None; COUNT];
    for (number, part) in numbers.iter_mut().zip(parts) {
        *number = part.map(str::parse::<u32>).transpose().map_err(|_| wrong())?;
    }
    for (place, number) in places.into_iter().zip(numbers) {
        *place = number.unwrap_or(*place);
    }
    Ok(())
}

/// Names in a list with commas.
pub(super) fn names(text: &str) -> Vec<String> {
    let names = text.split(',').map(str::trim);
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const NAMES: [&str; 3] = ["degraded", "critical", "down"];

    #[rstest]
    #[case::in_order("1,4, 9", [1, 4, 9])]
    #[case::by_name("down=9, degraded=1", [1, 3, 9])]
    #[case::one_of_them("critical=5", [2, 5, 6])]
    fn what_is_not_named_stays(#[case] text: &str, #[case] expected: [u32; 3]) {
        let [mut degraded, mut critical, mut down] = [2, 3, 6];
        set_numbers(text, NAMES, [&mut degraded, &mut critical, &mut down]).unwrap();
        assert_eq!([degraded, critical, down], expected);
    }

    #[rstest]
    #[case::too_few("1,2")]
    #[case::too_many("1,2,3,4")]
    #[case::no_numbers("a,b,c")]
    #[case::negative("-1,2,3")]
    #[case::other_name("up=3")]
    #[case::twice("down=3,down=4")]
    #[case::mixed("1,critical=4")]
    #[case::nothing("")]
    fn what_does_not_fit_is_refused_and_changes_nothing(#[case] text: &str) {
        let [mut degraded, mut critical, mut down] = [2, 3, 6];
        let refused = set_numbers(text, NAMES, [&mut degraded, &mut critical, &mut down]).unwrap_err();
        assert!(refused.contains("like [2, 3, 4] or { degraded = 2, critical = 3, down = 4 }"));
        assert_eq!([degraded, critical, down], [2, 3, 6]);
    }
}
