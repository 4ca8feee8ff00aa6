//! The codes of currencies (ISO 4217), so that a slip of the pen is no currency of its own.

/// Currencies in use, and those that the euro and reforms have followed since 1999, which old orders still name. Codes of metals,
/// of tests and of no currency (XAU, XTS, XXX) are none that anything is paid in.
const CODES: &[&str] = &[
    "AED", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BGN", "BHD", "BIF", "BMD", "BND", "BOB",
    "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CLF", "CLP", "CNY", "COP", "CRC", "CUP", "CVE", "CZK", "DJF", "DKK",
    "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GHS", "GIP", "GMD", "GNF", "GTQ", "GYD", "HKD", "HNL", "HTG",
    "HUF", "IDR", "ILS", "INR", "IQD", "IRR", "ISK", "JMD", "JOD", "JPY", "KES", "KGS", "KHR", "KMF", "KPW", "KRW", "KWD", "KYD", "KZT",
    "LAK", "LBP", "LKR", "LRD", "LSL", "LYD", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN", "MYR",
    "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "OMR", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "PYG", "QAR", "RON", "RSD", "RUB",
    "RWF", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT",
    "TND", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "UYU", "UZS", "VED", "VES", "VND", "VUV", "WST", "XAF", "XCD", "XCG",
    "XOF", "XPF", "YER", "ZAR", "ZMW", "ZWG", // and those that are gone:
    "ATS", "BEF", "BYR", "CUC", "CYP", "DEM", "EEK", "ESP", "FIM", "FRF", "GHC", "GRD", "HRK", "IEP", "ITL", "LTL", "LUF", "LVL", "MRO",
    "MTL", "MZM", "NLG", "PTE", "ROL", "SIT", "SKK", "SLL", "STD", "TRL", "VEB", "VEF", "ZMK", "ZWL",
];

/// The most used ones come first among those that are as near.
const OFTEN: [&str; 10] = ["EUR", "USD", "GBP", "CHF", "JPY", "CAD", "AUD", "CNY", "SEK", "PLN"];

/// Is it a currency?
pub(crate) fn is_known(code: &str) -> bool {
    CODES.contains(&code)
}

/// At most three currencies that may have been meant: those with the most letters at the same places.
pub(crate) fn nearest(code: &str) -> Vec<&'static str> {
    let same = |known: &str| known.bytes().zip(code.bytes()).filter(|(a, b)| a == b).count();
    let often = |known: &str| OFTEN.iter().position(|often| *often == known).unwrap_or(OFTEN.len());
    let mut near: Vec<&'static str> = CODES.iter().copied().filter(|known| same(known) >= 2).collect();
    near.sort_by_key(|known| (often(known), *known));
    near.truncate(3);
    near
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_share_letters() {
        assert_eq!(nearest("EUX"), ["EUR"]);
        assert_eq!(nearest("USX"), ["USD", "UGX"]);
        assert_eq!(nearest("QQQ"), Vec::<&str>::new());
        assert!(CODES.iter().all(|code| code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase())));
        let different: std::collections::BTreeSet<_> = CODES.iter().collect();
        assert_eq!(different.len(), CODES.len());
        assert!(OFTEN.iter().all(|code| is_known(code)));
    }
}
