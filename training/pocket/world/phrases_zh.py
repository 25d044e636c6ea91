"""Mandarin: what is asked, as templates, and how answers are worded. The same names as phrases.py, so that a family is written once."""
from __future__ import annotations

LANG = "zh"

_SHAPES = {"circle": "圆形", "square": "正方形", "triangle": "三角形", "star": "星星", "heart": "爱心", "cross": "十字", "card": "卡片"}
_COLORS = {"red": "红色", "green": "绿色", "blue": "蓝色", "yellow": "黄色", "purple": "紫色", "orange": "橙色", "black": "黑色", "white": "白色"}
_SIZES = {"small": "小", "large": "大"}
_CELLS = ("左上角", "上面", "右上角", "左边", "中间", "右边", "左下角", "下面", "右下角")
# What people say as well; only questions say it.
SYNONYMS = {"圆形": "圆圈", "正方形": "方块", "星星": "五角星", "爱心": "心形", "十字": "十字形"}

# {o}, {q}, {a} and {p} are an object; {c} is a colour, {at} a cell.
COLOUR = ("{o}是什么颜色", "{o}是什么颜色的", "{o}的颜色是什么", "告诉我{o}的颜色", "请问{o}是什么颜色", "{o}是哪种颜色")
COLOUR_AT = ("{at}的{o}是什么颜色", "{at}那个{o}是什么颜色")
SHAPE_AT = ("{at}是什么形状", "{at}是哪个图形", "{at}是什么", "{at}有什么", "告诉我{at}有什么", "{at}的图形是什么")
SHAPE_OF = ("{c}的是什么形状", "哪个图形是{c}的", "{c}的是什么", "{c}的那个是什么形状", "{c}的图形是什么", "告诉我{c}的是什么形状")
COUNT_ALL = ("有几个图形", "你看到几个图形", "桌子上有几个图形", "数一数图形", "一共有多少个图形", "有几个东西", "你看到几个东西", "桌子上有几个东西")
COUNT = ("有几个{p}", "你看到几个{p}", "桌子上有几个{p}", "数一数{p}", "有多少个{p}")
POSITION = ("{o}在哪里", "{o}在哪儿", "{o}在什么地方", "{o}在什么位置", "告诉我{o}在哪里")
EXISTENCE = ("有没有{a}", "有{a}吗", "你看到{a}了吗", "桌子上有{a}吗", "桌子上有没有{a}")
ANYTHING = ("有没有{c}的东西", "有{c}的东西吗")
OCR = ("卡片上的数字是多少", "卡片上是什么数字", "你看到什么数字", "读一下数字", "数字是多少", "卡片上写着什么", "告诉我卡片上的数字", "读一下卡片")
CHANGE = ("什么变了", "有什么变化", "发生了什么", "刚才发生了什么", "现在有什么不同", "告诉我什么变了", "有变化吗", "你看到发生了什么")
CAPTION = ("描述一下图片", "描述一下你看到的", "你看到什么", "你看到了什么", "桌子上有什么", "告诉我你看到什么", "描述一下桌子", "图片里有什么")

CHAT = (
    ("你好！给我看点东西，然后问我吧。", ("你好", "您好", "嗨", "早上好", "下午好", "晚上好", "大家好", "你好啊")),
    ("我是 visavis pocket，一个谈论桌子的小模型。", ("你是谁", "你是什么", "你叫什么名字", "告诉我你是谁", "你是什么模型", "介绍一下你自己")),
    ("我能告诉你我看到的形状、颜色、位置和数字，还有什么变了。",
     ("你会什么", "你能做什么", "你知道什么", "你能帮我什么", "我可以问你什么", "帮帮我", "你有什么本领")),
    ("不客气。", ("谢谢", "谢谢你", "非常感谢", "多谢", "太感谢了")),
    ("再见！", ("再见", "拜拜", "回头见", "晚安", "下次见")),
    ("我很好。问我桌子上的东西吧。", ("你好吗", "你怎么样", "最近好吗", "你还好吗")),
    ("是的，我能听到。", ("你能听到我吗", "听得到我说话吗", "你在听吗", "你在吗")),
    ("我会说英语和中文。", ("你会说中文吗", "你会说英语吗", "你会说什么语言", "你懂哪些语言")),
)
OUTSIDE_ANSWER = "我只能谈论桌子上的东西。"
OUTSIDE = (
    "今天天气怎么样", "明天会下雨吗", "讲个笑话", "讲个故事", "唱首歌", "现在几点了", "今天星期几", "总统是谁", "法国的首都是哪里", "你多大了",
    "你住在哪里", "生命的意义是什么", "写一首诗", "帮我写封信", "放点音乐", "把灯打开", "给我妈妈打电话", "设个闹钟", "定一个十分钟的计时器",
    "今天有什么新闻", "怎么煮米饭", "我应该吃什么", "谁赢了比赛", "月亮有多远", "那座塔有多高", "你爱我吗", "你会开车吗", "订一张机票", "打开门",
    "点一份披萨", "我叫什么名字", "我在哪里", "我是谁", "最好看的电影是什么", "这个多少钱", "外面冷吗", "给小王发个消息", "提醒我买牛奶",
    "什么是电脑", "飞机是怎么飞的", "这本书是谁写的", "这是什么动物", "你有狗吗", "你会跳舞吗", "给我一些钱", "中国有多少人", "我的手机在哪里",
    "天空为什么是蓝色的", "谁造了你", "推荐一本书", "我怎么回家", "附近有什么饭店", "你喜欢我吗", "人为什么要睡觉",
)
OUTSIDE_FORMS = ("什么是{x}", "跟我讲讲{x}", "你喜欢{x}吗", "你觉得{x}怎么样", "给我解释一下{x}", "哪里能找到{x}", "你了解{x}吗", "谁发明了{x}")
OUTSIDE_TOPICS = ("足球", "月亮", "音乐", "股票", "巴黎", "互联网", "咖啡", "我的生日", "第二次世界大战", "象棋", "大海", "量子物理", "新电影",
                  "气候变化", "莎士比亚", "恐龙", "经济", "篮球", "意大利菜", "总统")

SIZE = ("{o}有多大", "{o}是大的还是小的", "{o}是大还是小", "告诉我{o}的大小")
BIGGER = ("{o}和{q}哪个大", "{o}和{q}哪个更大", "{o}大还是{q}大")
SMALLER = ("{o}和{q}哪个小", "{o}和{q}哪个更小")
SAME = ("{o}和{q}颜色一样吗", "{o}和{q}是一样的颜色吗", "{o}跟{q}颜色相同吗")
SIDES = ("左边", "右边", "上面", "下面")
RELATION = ("{o}的{side}是什么", "{o}{side}有什么", "告诉我{o}的{side}是什么", "{o}的{side}有什么")
LAST = ("最后出现的是什么", "最后出现了什么", "最后一个出现的图形是什么", "最后来的是什么", "哪个图形最后出现")
FIRST = ("第一个图形是什么", "最先出现的图形是什么", "你看到的第一个图形是什么", "最先看到的图形是什么", "告诉我第一个图形是什么")
BEFORE = ("{o}之前是什么颜色", "{o}以前是什么颜色", "{o}原来是什么颜色")
BEFORE_AT = ("{o}之前在哪里", "{o}原来在哪里", "{o}移动之前在哪里")
BEFORE_NUMBER = ("卡片上之前的数字是多少", "之前的数字是多少", "原来的数字是多少")
WAY = ("{o}往哪边移动了", "{o}向哪个方向移动了", "{o}往哪里移动了", "告诉我{o}往哪边移动了")
SEEN = ("你一共看到过几个图形", "到现在你看到过几个图形", "你总共看到了几个图形", "一共出现过几个图形", "前后一共有过几个图形")
FOLLOW = ("{o}呢", "那{o}呢", "那么{o}呢")
FOLLOW_AT = ("{at}呢", "那{at}呢", "那么{at}呢")
FOLLOW_COUNT = ("{p}呢", "那{p}呢", "那么{p}呢")
FOLLOW_ANY = ("{a}呢", "那{a}呢", "那么{a}呢")
SOUND = ("你听到几声提示音", "你听到了几声", "有几声提示音", "响了几声", "数一数响了几声", "告诉我响了几声")
RECALL = ("我说了什么", "我刚才说了什么", "我之前说了什么", "告诉我我说了什么", "我问了你什么", "我刚才问了什么")
REPEAT = ("跟我说{x}", "请跟我说{x}", "跟着我说{x}", "重复{x}", "请重复{x}", "说{x}", "请说{x}")
TRANSLATE = ("翻译成英文{x}", "翻译成英语{x}", "请翻译成英文{x}", "用英文说{x}", "用英语怎么说{x}")
SUMS = ("{x}等于几", "{x}等于多少", "{x}是多少", "请问{x}等于几", "算一下{x}")
OPERATORS = {"+": "加", "-": "减", "*": "乘以"}

ANSWERS = {
    "colour": "{o}是{c}。", "shape": "是{a}。", "position": "{o}在{at}。", "yes": "有，有{a}。", "no": "没有，没有{o}。", "ocr": "数字是{n}。",
    "unseen": "我没有看到{a}。", "nothing there": "那里什么都没有。", "unchanged": "什么都没变。", "empty": "桌子是空的。", "no picture": "我没有看到图片。",
    "size": "{o}是{z}的。", "bigger": "{o}更大。", "smaller": "{o}更小。", "same": "{o}{c}，{q}{d}，一样。", "different": "{o}{c}，{q}{d}，不一样。",
    "last": "最后出现的是{a}。", "none appeared": "没有图形出现。", "first": "第一个图形是{a}。", "before": "{o}之前是{c}。",
    "before at": "{o}之前在{at}。", "before number": "之前的数字是{n}。", "way": "{o}向{w}移动了。", "unmoved": "{o}没有移动。",
    "recall": "你说：{x}。", "unsaid": "你还没有说话。", "sum": "{x}等于{n}。",
    "number": "数字改成了{n}。", "appear": "{a}出现在{at}。", "disappear": "{o}消失了。", "move": "{o}移到了{place}。", "recolor": "{o}变成了{c}。",
}  # fmt: skip

_DIGITS = "零一二三四五六七八九"


def number_words(n: int) -> str:
    """0..99 in words: 42 -> 四十二."""
    tens, ones = divmod(n, 10)
    if not tens:
        return _DIGITS[ones]
    return (_DIGITS[tens] if tens > 1 else "") + "十" + (_DIGITS[ones] if ones else "")


def article(noun: str) -> str:
    return noun


plural = article


def name(shape: str | None = None, color: str | None = None, size: str | None = None) -> str:
    """红色的小圆形; without a shape 红色的图形."""
    return (f"{_COLORS[color]}的" if color else "") + (_SIZES[size] if size else "") + (_SHAPES[shape] if shape else "图形")


def color(of: str) -> str:
    return _COLORS[of]


def size(of: str) -> str:
    return _SIZES[of]


def at(cell: int) -> str:
    return _CELLS[cell]


place = at


def way(dx: int, dy: int) -> str:
    """左上方; dy grows downwards."""
    across, along = ("左", "右")[dx > 0] if dx else "", ("上", "下")[dy > 0] if dy else ""
    return across + along + "方" * bool(across and along)


def measured(n: int, noun: str) -> str:
    """两个圆形; before a measure word two is 两."""
    return f"{'两' if n == 2 else number_words(n)}个{noun}"


def counted(n: int, noun: str) -> str:
    return f"有{measured(n, noun)}。" if n else f"没有{noun}。"


def seen(n: int) -> str:
    return f"我一共看到了{measured(n, '图形')}。" if n else "我没有看到图形。"


def beeps(n: int) -> str:
    return f"我听到了{'两' if n == 2 else number_words(n)}声。" if n else "我没有听到。"


def pieces(things: list[tuple[str, str]], number: int | None) -> list[str]:
    """A caption's parts, of (what, where) in reading order; the card, whose number is given, has no "what"."""
    card = f"卡片上写着{number}"
    # A card alone needs no place: it is what is held up.
    return [f"{what}在{where}" if what else f"{card}，在{where}" if len(things) > 1 else card for what, where in things]


def joined(parts: list[str]) -> str:
    return "，".join(parts) + "。"


def sentence(text: str) -> str:
    return text + "。"
