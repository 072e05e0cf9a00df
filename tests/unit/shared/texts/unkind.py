"""Words that blame, count, hurry or shout, for each language: no text of ours has one of them.

Parts of words stand where a language bends them. An exclamation mark is none of ours in any language.
"""

from __future__ import annotations

import re

_WORDS = {
    "de": "abgelehnt|ablehn|ignorier|überfällig|versäum|vergess|vernachläss|du solltest|du musst|schuld|schäm|tut mir leid|leider"
    "|punktzahl|rangliste|punkte|scheiter|fehlgeschlagen|verpasst|faul|schlecht|dringend|sofort|beeil|letzte chance|nur du"
    "|immer noch nicht|unbeantwortet|niemals|enttäusch|verloren|zu spät",
    "fr": "rejet|refus|ignor|en retard|oubli|néglig|vous devez|vous devriez|il faut|faute|coupable|honte|désolé|malheureusement"
    "|score|classement|échou|échec|manqué|paress|mauvais|urgent|immédiatement|dépêch|dernière chance|sans réponse depuis|jamais"
    "|déçu|perdu|trop tard",
    "es": "rechaz|ignor|atrasad|retras|olvid|descuid|debes|deberías|tienes que|culpa|vergüenza|lo siento|por desgracia|puntuaci"
    "|clasificaci|fracas|fall(ó|as)|perdid|perdiste|perezos|urgente|inmediatamente|date prisa|última oportunidad|nunca|decepci"
    "|demasiado tarde|todavía no ha",
    "it": "rifiut|ignor|in ritardo|dimentic|trascur|devi|dovresti|colpa|vergogn|scusa|purtroppo|punteggio|classifica|fallit"
    "|mancat|pers[oa]\\b|pigr|urgente|immediatamente|sbrigati|ultima occasione|\\bmai\\b|delus|troppo tardi",
    "pt-BR": "rejeit|recus|ignor|atrasad|esquec|neglig|você deve|deveria|precisa\\b|culpa|vergonha|desculp|infelizmente|pontua"
    "|ranking|fracass|falh|perdid|perdeu|preguiç|urgente|imediatamente|última chance|nunca|decepcion|tarde demais|ainda não respond",
    "nl": "afgewezen|afwijz|negeer|te laat|vergeten|verwaarloo|je moet|zou moeten|schuld|schaam|sorry|helaas|score|ranglijst"
    "|mislukt|gefaald|gemist|\\blui\\b|slecht|dringend|onmiddellijk|schiet op|laatste kans|nooit|teleurgesteld|verloren|nog steeds niet",
    "pl": "odrzuc|zignor|ignor|spóźni|zaległ|zapomn|zaniedb|musisz|powinien|powinna|powinieneś|\\bwina\\b|winn|wstyd|przepraszam"
    "|niestety|punkty|ranking|nieudan|porażk|przegap|leniw|pilne|natychmiast|pospiesz|ostatnia szansa|nigdy|zawied|stracon",
    "sv": "avvisa|avslag|ignorer|försenad|försumm|glömt|du måste|du borde|skuld|skäms|ledsen|tyvärr|poäng|rankning|misslyck"
    "|missat|\\blat\\b|dålig|brådskande|omedelbart|skynda|sista chansen|aldrig|besviken|förlorad|för sent|fortfarande inte",
    "tr": "reddet|redded|yok say|görmezden|gecik|unut|ihmal|zorundasın|gerekir|malısın|melisin|suç|utan|özür|maalesef|ne yazık"
    "|puan|sıralama|başarısız|kaçırd|tembel|kötü|acil|derhal|hemen yap|acele|son şans|asla|hayal kırıklığı|çok geç|hâlâ cevap",
    "ar": "رفض|مرفوض|تجاهل|متأخر|تأخر|نسيت|نسيان|أهمل|إهمال|يجب عليك|عليك أن|ذنب|خجل|آسف|للأسف|درجات|ترتيبك|فشل|فاتك|كسول|سيئ"
    "|عاجل|فورًا|أسرع|آخر فرصة|أبدًا|خيبة|ضائع",
    "ja": "拒否|拒絶|無視|遅れ|期限切れ|忘れ|怠|べき|なければなりません|しなければ|責任|恥|申し訳|残念|点数|ランキング|失敗|逃し|悪い"
    "|至急|直ちに|急いで|最後のチャンス|決して|失望|まだ返事",
}  # fmt: skip
UNKIND = {tag: re.compile(f"[!！]|{words}", re.IGNORECASE) for tag, words in _WORDS.items()}
