"""What is said that is no question: words that only keep somebody company, words that stop somebody, and what is put in front of a question."""
from __future__ import annotations

import numpy as np

#: Said while another speaks, to be heard and not to be answered.
BACKCHANNELS = {
    "en": ("uh huh", "mm hmm", "mm", "okay", "ok", "right", "yeah", "yes", "i see", "sure", "got it", "oh", "wow", "all right", "oh okay", "yeah yeah", "uh huh okay",
           "right right", "hmm", "nice", "cool", "great", "good", "exactly", "of course", "interesting", "oh i see", "oh really"),
    "zh": ("嗯", "嗯嗯", "对", "对对", "好", "好的", "是", "是的", "哦", "啊", "明白了", "知道了", "这样啊", "行", "可以", "没错", "当然", "有意思", "好吧", "原来如此"),
}
#: Said to make it stop: they take the turn and ask nothing.
STOPS = {
    "en": ("stop", "wait", "hold on", "no", "wait a minute", "stop it", "no no", "excuse me", "never mind", "hang on", "stop please", "please stop", "wait wait",
           "no stop", "that is wrong", "be quiet", "enough", "one moment", "not that", "forget it"),
    "zh": ("停", "停下", "等一下", "等等", "不对", "别说了", "不是", "够了", "停一下", "打住", "先别说", "不要说了", "安静", "算了", "错了"),
}
#: Alone they ask nothing; more is coming, or nothing is.
FRAGMENTS = {"en": ("please", "um", "uh", "so", "well", "and", "but", "the", "so um", "well uh", "please um"), "zh": ("嗯这个", "那个", "请", "那么", "就是", "然后")}
#: In front of a question: (what is spoken, what of it is to be written down).
OPENERS = {
    "en": (("um, ", ""), ("uh, ", ""), ("umm, ", ""), ("er, ", ""), ("so, ", "so "), ("well, ", "well "), ("okay, ", "okay "), ("hello, ", "hello "), ("hi, ", "hi "),
           ("please, ", "please "), ("please tell me, ", "please tell me "), ("hey, ", "hey "), ("um, so, ", "so "), ("now, ", "now "), ("excuse me, ", "excuse me ")),
    "zh": (("嗯，", ""), ("呃，", ""), ("那个，", ""), ("请问，", "请问"), ("你好，", "你好"), ("那么，", "那么"), ("好，", "好"), ("请问一下，", "请问一下")),
}
CLOSERS = {"en": ((", please", " please"), ("", "")), "zh": (("，谢谢", "谢谢"), ("", ""))}


def spontaneous(text: str, lang: str, rng: np.random.Generator) -> tuple[str, str, int]:
    """The question as people say it: what is spoken, what of it is to be heard in words, and where in that the question begins.

    An opener, a restart ("what, what color is"), an "um" in the middle, a "please" behind.
    """
    said, at = text, 0
    kind = rng.random()
    if kind < 0.45:
        spoken, heard = OPENERS[lang][int(rng.integers(len(OPENERS[lang])))]
        said, at = heard + text, len(heard)
        return spoken + text, said, at
    units, glue = (text.split(), " ") if " " in text else (list(text), "")
    if kind < 0.65 and len(units) > 3:  # said again from the start
        n = int(rng.integers(1, min(4, len(units))))
        return glue.join(units[:n]) + (", " if lang == "en" else "，") + text, text, 0
    if kind < 0.85 and len(units) > 3:
        n = int(rng.integers(1, len(units)))
        um = ", um, " if lang == "en" else "，嗯，"
        return glue.join(units[:n]) + um + glue.join(units[n:]), text, 0
    spoken, heard = CLOSERS[lang][0]
    return text + spoken, text + heard, 0
