"""What is said in a room and not to the model: the news, a story read aloud, a telephone call, people among themselves, a speech; and, with the same
signs at its end, what is said to the model and goes on: digits read out, lists.

Every form belongs to training or to validation by its number (`VALIDATES`), so that what is measured there is no sentence that was learned. None asks the model for
anything: questions among people are questions to somebody by name, or of things that no camera sees.
"""
from __future__ import annotations

import re

import numpy as np

Rng = np.random.Generator
#: Every so-manieth form of a kind is for validation alone.
VALIDATES = 5

_SLOTS = {
    "en": {
        "who": "the minister,the mayor,her brother,my neighbor,the captain,a spokesman,the old king,our landlord,the nurse,his uncle,the manager,the lawyer,the pilot,my boss,the coach,a witness,the farmer,the singer".split(","),
        "name": "Peter,Maria,Tom,Susan,David,Anna,Mister Brown,Missus Lee,Paul,Emma,Doctor Evans,Frank,Julia,Ben".split(","),
        "city": "London,Berlin,Chicago,Madrid,the capital,the valley,the harbor,Boston,the village,Toronto,Dublin,the coast,Vienna,the suburbs".split(","),
        "day": "Monday,Tuesday,Friday,Sunday morning,last week,Saturday night,the end of the month,next spring,this evening,March,two weeks ago".split(","),
        "thing": "the contract,the old bridge,a new school,the kitchen,the garden,the budget,the last chapter,the boat,a second car,the roof,the invoice,the piano,the tickets,the medicine,her passport".split(","),
        "n": "three,seven,twelve,twenty,forty,sixty,a hundred,two thousand,nineteen,thirty five".split(","),
        "group": "the workers,the neighbors,our customers,the children,the players,most families,the two teams,the farmers,the police,the passengers".split(","),
    },
    "zh": {
        "who": "部长,市长,她哥哥,我邻居,发言人,老国王,房东,护士,他叔叔,经理,律师,教练,老师".split(","),
        "name": "小王,李老师,张先生,小芳,陈医生,老刘,小明,王阿姨".split(","),
        "city": "上海,北京,广州,海边,山谷里,村子里,成都,火车站附近".split(","),
        "day": "星期一,上个月,昨天晚上,明年春天,周末,今天下午,两个星期以前".split(","),
        "thing": "合同,那座老桥,新学校,厨房,花园,预算,最后一章,屋顶,发票,钢琴,车票,药,护照".split(","),
        "n": "三,七,十二,二十,四十,一百,两千".split(","),
        "group": "工人们,邻居们,顾客们,孩子们,球员们,很多家庭,警察,乘客们".split(","),
    },
}
_FORMS = {
    "en": {
        "news": (
            "{who} said on {day} that {group} would have to wait for {n} more days",
            "police in {city} are looking for {n} people who were seen near the station",
            "prices rose by {n} percent, and {group} are worried about the winter",
            "the storm reached {city} on {day} and left {n} houses without power",
            "after the break we will speak with {who} about {thing}",
            "the bank announced that it will hire {n} new people in {city}",
            "and now to sports, where {group} lost the final by {n} points",
            "it will be cold in {city} tonight, with snow in the higher places",
            "{who} has denied that {thing} was sold to a company in {city}",
            "the vote on {thing} was moved to {day} because {who} was ill",
            "traffic in {city} is slow this morning after an accident with {n} cars",
            "scientists have found that {group} sleep better when it is dark outside",
            "this program was brought to you by our partners, and we will be right back",
            "the court decided that {who} must pay {n} thousand dollars to {group}",
        ),
        "read": (
            "once upon a time there lived in {city} a poor man who had {n} sons",
            "she closed the door behind her and walked down to the river without a word",
            "he had not slept for {n} nights, and his hands were shaking",
            "the letter lay on the table where {who} had left it on {day}",
            "chapter {n}, in which {who} finds out what happened to {thing}",
            "nobody in {city} remembered who had built {thing} or why",
            "first heat the oil in a pan, then add the onions and cook them for {n} minutes",
            "the user agrees not to copy, sell or change any part of {thing}",
            "in those years {group} still lived far from {city} and rarely came to town",
            "when the sun went down, the soldiers made a fire and told stories until morning",
            "mix the flour with the butter and leave it in a cold place for {n} hours",
            "then {who} took the lamp, went up the stairs and did not come back",
            "this agreement begins on {day} and ends after {n} months",
        ),
        "phone": (
            "yeah no I told him that on {day}, he just did not listen",
            "hi mom, I am still at work, I will call you back when I am home",
            "no no that is fine, just send {thing} to {name} and we will see",
            "I think it was around {n} dollars but I have to look it up",
            "okay, so we meet at the station in {city} on {day}, right",
            "she is doing better now, the doctor says she can go home on {day}",
            "listen, I have to go, somebody is at the door, talk to you later",
            "he wants to sell {thing}, and honestly I think that is a mistake",
            "right, but then they charged me again, so I called {name} about it",
            "I know, I know, but we already paid for {thing}",
            "tell {name} that I said hello, and that we are coming on {day}",
            "the flight is at {n} past eight, so we need to leave really early",
            "well I was going to ask {who}, but then {group} came in",
        ),
        "others": (
            "{name}, did you take out the trash like I asked you to",
            "honey, have you seen my keys, I left them near {thing}",
            "come on {name}, we are going to be late for school again",
            "{name}, dinner is ready, please wash your hands first",
            "do you remember when we went to {city} with {who}",
            "{name}, can you pick up {n} eggs and some bread on your way home",
            "I do not care what {who} says, we are not buying {thing}",
            "could you turn that down {name}, I am trying to work here",
            "what time is {name} coming over on {day}",
            "so I said to {name}, that is not how you talk to {who}",
            "we should really fix {thing} before {group} get here",
            "did {who} ever give you back {thing}, {name}",
            "{name} was late again, so {group} started without him",
            "you know what {name} told me about {who} on {day}",
        ),
        "speech": (
            "ladies and gentlemen, I would like to thank {group} for coming to {city}",
            "as you can see in the report, we lost {n} percent of our customers on {day}",
            "let us move on to the next point, which is {thing}",
            "we believe that {group} deserve better than what {who} has to offer",
            "the second reason is that {thing} costs more than we thought",
            "buy two and get the third one free, only this week and only in {city}",
            "in this lesson we will look at how {group} lived {n} hundred years ago",
            "call now and order {thing} for only {n} dollars a month",
        ),
    },
    "zh": {
        "news": (
            "{who}{day}表示，{group}还要再等{n}天",
            "警方正在{city}寻找{n}名目击者",
            "价格上涨了百分之{n}，{group}都很担心",
            "暴风雨到达{city}，{n}户人家停了电",
            "广告之后，我们将和{who}谈谈{thing}的事",
            "下面是体育新闻，{group}以{n}分之差输掉了决赛",
            "今天夜里{city}有小雪，气温会继续下降",
            "{who}否认把{thing}卖给了外国公司",
        ),
        "read": (
            "从前，{city}住着一个穷人，他有{n}个儿子",
            "她关上门，一句话也没说，就往河边走去",
            "他已经{n}个晚上没有睡觉了，手一直在发抖",
            "信还放在桌上，是{who}{day}留下的",
            "先把油烧热，再放洋葱，炒{n}分钟",
            "太阳下山以后，士兵们点起火，一直讲故事到天亮",
        ),
        "phone": (
            "我{day}就跟他说了，他就是不听",
            "妈，我还在上班，回家再给你打电话",
            "没事没事，你把{thing}交给{name}就行了",
            "大概是{n}块钱吧，我得再查一下",
            "我知道，可是{thing}的钱我们已经付了",
            "我先挂了，有人敲门，回头再聊",
        ),
        "others": (
            "{name}，你把垃圾倒了没有",
            "快点儿{name}，上学又要迟到了",
            "{name}，饭做好了，先去洗手",
            "你还记得我们跟{who}去{city}那次吗",
            "我不管{who}怎么说，{thing}我们不买",
            "{name}{day}几点过来啊",
        ),
        "speech": (
            "各位来宾，感谢{group}来到{city}",
            "大家可以看到，{day}我们少了百分之{n}的客户",
            "下面我们来看下一个问题，就是{thing}",
            "现在打电话，每个月只要{n}块钱",
        ),
    },
}
_JOIN = {"en": (", and ", ". ", ", but ", ". ", ". then "), "zh": ("，", "。", "，不过", "。")}
_DIGITS = {"en": "zero one two three four five six seven eight nine".split(), "zh": list("零一二三四五六七八九")}
_READS = {
    "en": ("my number is {x}", "the code is {x}", "it is {x}", "{x}", "call me at {x}", "the number on my card is {x}", "write down {x}", "remember {x}"),
    "zh": ("我的号码是{x}", "密码是{x}", "{x}", "记住{x}", "电话是{x}"),
}
_LISTED = {"en": "apples,bread,milk,a red star,two circles,a green square,tea,paper,a blue heart,eggs,rice,the small card".split(","), "zh": "苹果,面包,牛奶,红色的星星,两个圆,绿色的方块,茶,纸,鸡蛋".split(",")}
_LISTS = {"en": ("I have {x}", "I see {x}", "there are {x}", "look, {x}", "on my table there are {x}"), "zh": ("我有{x}", "我看到{x}", "桌上有{x}")}


def _split(forms: tuple[str, ...], validates: bool) -> tuple[str, ...]:
    return tuple(f for i, f in enumerate(forms) if (i % VALIDATES == VALIDATES - 2) == validates)


def _filled(form: str, lang: str, rng: Rng) -> str:
    return re.sub(r"{(\w+)}", lambda m: str(rng.choice(_SLOTS[lang][m[1]])), form)


def talk(lang: str, rng: Rng, validates: bool = False) -> str:
    """A sentence or two that are for somebody else."""
    kinds = _FORMS[lang]
    forms = _split(kinds[str(rng.choice(list(kinds)))], validates)
    said = _filled(forms[int(rng.integers(len(forms)))], lang, rng)
    if rng.random() < 0.35:
        said += str(rng.choice(_JOIN[lang])) + _filled(forms[int(rng.integers(len(forms)))], lang, rng)
    return said


def listed(lang: str, rng: Rng) -> str:
    """What is told the model piece by piece: digits with a comma behind each or some of them, or things. Where a comma is, one may stop to think."""
    comma = ", " if lang == "en" else "，"
    if rng.random() < 0.7:
        digits, parts = _DIGITS[lang], []
        for _ in range(int(rng.integers(2, 6))):
            parts.append((" " if lang == "en" else "").join(str(rng.choice(digits)) for _ in range(1 if rng.random() < 0.7 else int(rng.integers(2, 4)))))
        return str(rng.choice(_READS[lang])).format(x=comma.join(parts))
    things = [str(x) for x in rng.choice(_LISTED[lang], int(rng.integers(2, 5)), replace=False)]
    last = " and " if lang == "en" else "和"
    return str(rng.choice(_LISTS[lang])).format(x=comma.join(things[:-1]) + last + things[-1])


#: What is said where somebody stops to think.
UMS = {"en": (" um", ", um", ", uh", " uh"), "zh": ("，嗯", "，呃", "，那个")}
#: What stands there in writing; the sign makes a natural voice go on, and not end.
MARKS = {"en": (", ", ", ", "... ", ", um, ", ", uh, ", " um, ", " uh... "), "zh": ("，", "，", "……", "，嗯，", "，呃，", "，那个，")}


def begun(text: str, lang: str, rng: Rng, whole: frozenset[str]) -> str | None:
    """Some of a question, sometimes with an "um" behind; None: it is too short, or what was taken is a question by itself."""
    units, glue = (text.split(), " ") if lang == "en" else (list(text), "")
    if len(units) < 3:
        return None
    some = glue.join(units[: int(rng.integers(1, len(units)))])
    if some in whole:
        return None
    return some + (str(rng.choice(UMS[lang])) if rng.random() < 0.3 else "")


def hesitating(text: str, lang: str, rng: Rng) -> str:
    """A question that somebody stops in to think."""
    units, glue = (text.split(), " ") if lang == "en" else (list(text), "")
    at = int(rng.integers(max(1, len(units) // 4), max(2, len(units) - 1))) if len(units) > 2 else 1
    return glue.join(units[:at]) + str(rng.choice(MARKS[lang])) + glue.join(units[at:])
