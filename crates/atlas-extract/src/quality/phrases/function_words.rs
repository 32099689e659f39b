//! The little words that hold sentences together, of many languages. Running text of any kind has a third of them,
//! written by hand or by machine, with marks or without; lists of labels and of names have hardly any.

use super::super::phrase_list::Phrases;

/// Articles, prepositions, pronouns, conjunctions, auxiliary verbs.
pub(in crate::quality) static FUNCTION_WORDS: Phrases = Phrases::of(&[
    "the", "of", "and", "to", "in", "a", "is", "that", "it", "was", "for", "on", "with", "as", "be", "at", "by", "this", "have", "from", "or", "had",
    "not", "but", "what", "are", "were", "we", "when", "they", "you", "he", "she", "his", "her", "its", "their", "there", "been", "if", "more", "so", "up", "out", "who",
    "which", "one", "would", "about", "has", "an", "no", "my", "me", "our", "your", "than", "them", "can", "like", "just", "do", "did", "then", "because", "could",
    "will", "into", "some", "i", "im", "thats", "dont", "how", "all", "over", "only", "any", "too", "very",
    // German
    "der", "die", "das", "und", "in", "den", "von", "zu", "mit", "sich", "des", "auf", "für", "ist", "im", "dem", "nicht", "ein", "eine", "als", "auch", "es", "an", "werden",
    "aus", "er", "hat", "dass", "sie", "nach", "wird", "bei", "einer", "um", "am", "sind", "noch", "wie", "einem", "über", "einen", "so", "zum", "war", "haben", "nur",
    "oder", "aber", "vor", "zur", "bis", "mehr", "durch", "man", "sein", "wenn", "wir", "ich", "ihr", "doch", "was", "kann",
    // French
    "le", "la", "les", "de", "du", "et", "à", "un", "une", "est", "en", "que", "qui", "pour", "dans", "ce", "il", "au", "aux", "sur", "se", "pas", "plus", "par", "avec",
    "ne", "ou", "je", "nous", "vous", "elle", "ils", "on", "son", "sa", "ses", "mais", "comme", "tout", "cette", "ces", "était", "être", "ont", "sont", "cest", "dun", "dune", "où", "y",
    // Spanish, Portuguese, Italian
    "el", "los", "las", "del", "y", "al", "lo", "como", "pero", "sus", "su", "le", "ya", "o", "este", "sí", "porque", "esta", "entre", "cuando", "muy", "sin", "sobre", "también",
    "hasta", "hay", "donde", "quien", "desde", "todo", "nos", "era", "es", "por", "con", "para", "se", "una", "unos", "fue", "han", "os", "as", "do", "da", "dos", "das", "e", "é", "em",
    "um", "uma", "não", "no", "na", "nos", "nas", "ao", "mais", "mas", "foi", "ele", "ela", "seu", "sua", "quando", "muito", "já", "eu", "também", "pelo", "pela", "até", "isso", "il",
    "gli", "di", "che", "è", "per", "non", "sono", "si", "ma", "anche", "della", "dei", "delle", "nel", "nella", "alla", "ai", "dal", "dalla", "ha", "ho", "questo", "questa", "più", "ci", "lo", "quello", "i", "uno", "se", "cui", "stato",
    // Dutch
    "het", "een", "van", "en", "dat", "niet", "te", "op", "zijn", "met", "voor", "er", "aan", "ook", "om", "maar", "dan", "bij", "nog", "of", "uit", "naar", "wel", "wordt", "door", "over", "deze",
    "hij", "ze", "je", "ik", "hun", "waar", "wat", "werd", "meer", "al", "heeft", "tot",
    // Polish, Czech
    "i", "w", "z", "na", "do", "się", "nie", "że", "jest", "to", "o", "jak", "po", "ale", "od", "za", "co", "przez", "dla", "ze", "tego", "tym", "są", "już", "był", "była", "było", "oraz", "które", "który", "która", "tak", "ja", "go", "jej", "jego",
    "a", "v", "s", "k", "je", "že", "se", "si", "ve", "pro", "jsem", "jako", "tak", "jen", "byl", "bylo", "byla", "ten", "ta", "jsou", "při", "nebo", "když", "který", "která", "které",
    // Scandinavian, Finnish
    "och", "att", "det", "som", "är", "av", "för", "med", "den", "till", "inte", "har", "om", "ett", "men", "var", "jag", "från", "vid", "kan", "så", "vi", "de", "och", "af", "til", "ikke", "er", "og", "på", "jeg", "fra", "han", "hun", "ja", "on", "ei", "se", "että", "hän", "oli",
    // Turkish, Indonesian, Hungarian, Romanian
    "ve", "bir", "bu", "için", "ile", "da", "çok", "ama", "olan", "gibi", "daha", "ne", "o", "her", "yang", "dan", "di", "ini", "itu", "dengan", "untuk", "az", "és", "hogy", "nem", "egy", "și", "nu", "să", "cu", "din", "care", "mai",
    // Russian, Ukrainian
    "и", "в", "во", "не", "что", "он", "на", "я", "с", "со", "как", "а", "то", "все", "она", "так", "его", "но", "да", "ты", "к", "у", "же", "вы", "за", "бы", "по", "только", "ее", "её", "мне", "было", "вот", "от", "меня", "еще", "ещё", "нет", "о", "из", "ему", "когда", "ну", "ли", "если", "уже", "или", "ни", "быть", "был", "была", "до", "мы", "они", "для", "это", "эта", "этот", "при", "который", "которые", "і", "та", "що", "це", "як", "з", "й", "є",
    // Greek, Arabic, Hebrew
    "και", "το", "η", "ο", "να", "του", "της", "με", "για", "είναι", "που", "στο", "στην", "από", "θα", "في", "من", "على", "إلى", "أن", "هذا", "هذه", "التي", "الذي", "كان", "عن", "ما", "لا", "مع", "كل", "את", "של", "על", "לא", "הוא", "זה", "עם", "כי", "היא",
    // Japanese, Chinese, Korean: particles and endings
    "は", "が", "を", "に", "で", "と", "も", "の", "た", "て", "です", "ます", "した", "して", "から", "まで", "ない", "的", "了", "是", "在", "和", "不", "我", "他", "她", "们", "这", "那", "就", "也", "都", "은", "는", "이", "가", "을", "를", "에",
]);
