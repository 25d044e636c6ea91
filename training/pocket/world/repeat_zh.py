"""Mandarin sentences to say back, as wide as the English ones of repeat.py."""
from __future__ import annotations

import numpy as np

from .phrases_zh import at, color, measured, name, number_words
from .scene import COLORS, SHAPES, SIZES, pick

_PEOPLE = tuple("我,你,他,她,我们,你们,他们,小王,老师,医生,爸爸,妈妈,哥哥,姐姐,弟弟,妹妹,爷爷,奶奶,我的朋友,那个孩子,邻居,司机,学生,大家,没有人".split(","))
_THINGS = tuple("房子,桌子,椅子,书,窗户,门,花园,河,山,城市,街道,火车,汽车,船,桥,信,照片,手机,电脑,相机,台灯,钟,杯子,瓶子,盘子,刀,勺子,面包,苹果,"
                "蛋糕,牛奶,咖啡,茶,水,糖,衬衫,鞋子,帽子,大衣,包,盒子,钥匙,球,纸,铅笔,歌,故事,名字,问题,学校,办公室,市场,厨房,房间,墙,屋顶,田野,"
                "森林,树,花,草,石头,岛,海滩,大海,湖,云,雨,雪,风,火,太阳,月亮,灯光,影子,马,鱼,羊,老鼠,狮子,大象,机器,狗,猫,鸟,米饭,面条,鸡蛋,飞机,自行车".split(","))
_VERBS = tuple("看见,喜欢,找到,打开,关上,拿走,带来,买,卖,做,修,搬,看,认识,想要,需要,展示,读,画,丢了,留下,记得,忘了,洗,爱,听见".split(","))
_ADJECTIVES = tuple("大,小,旧,新,好,长,短,高,低,热,冷,暗,亮,重,轻,快,慢,安静,漂亮,干净,脏,软,硬,简单,难,奇怪,有名,便宜,贵,圆,平,厚,薄,甜,远,近".split(","))
_TIMES = tuple("今天,明天,昨天,现在,以后,常常,有时候,每天,上个星期,明年,今天早上,星期一,星期二,星期三,星期四,星期五,星期六,星期天,一月,三月,八月,中午,晚上,下午".split(","))
_PLACES = tuple("里,上,下面,后面,附近,旁边,前面,外面,对面".split(","))
_PHRASES = tuple("很高兴见到你,今天天气真好,请关上门,一二三四五,等一下,请到这边来,我不知道,我很高兴,那不对,当然可以,不用了谢谢,祝你今天愉快,祝你好运,翻到下一页,"
                 "看看天空,现在几点了,我们回家吧,这是一个测试,我能听见你,太晚了,你要去哪里,谁在那里,为什么不呢,也许明天吧,我想喝点水,火车晚点了,把它给我,慢慢来,"
                 "停在那里,上上下下,左边和右边,黑色和白色,白天和晚上,面包和黄油,学习中文很有意思,请再说一遍,没关系,对不起,好久不见,路上小心,吃饭了吗,我听不懂,"
                 "请说慢一点,多少钱,太贵了,生日快乐,新年快乐,欢迎来到北京,上海在东边,我爱我的家".split(","))


def _object(rng: np.random.Generator) -> str:
    return name(pick(rng, SHAPES), pick(rng, COLORS) if rng.random() < 0.7 else None, pick(rng, SIZES) if rng.random() < 0.3 else None)


def _world(rng: np.random.Generator) -> str:
    """A sentence or a scrap in the words of the table."""
    o, q, c, where = _object(rng), _object(rng), color(pick(rng, COLORS)), at(int(rng.integers(9)))
    n, many = number_words(int(rng.integers(100))), measured(int(rng.integers(2, 10)), name(pick(rng, SHAPES)))
    digits = [number_words(int(d)) for d in rng.integers(10, size=3)]
    return pick(rng, (
        f"{o}在{where}", f"{o}是{c}的", f"{where}有一个{o}", f"有{many}", f"数字是{n}", f"{o}和{q}", f"{o}移到了{where}", f"{o}变成了{c}", f"{o}消失了",
        f"{where}出现了{o}", o, f"{many}还有{measured(int(rng.integers(2, 10)), '图形')}", f"{o}在哪里", f"{o}是什么颜色", f"有没有{o}", f"有几个{o}",
        f"{o}和{q}都是{c}的", f"我看到{o}", f"把{o}放在{where}", f"{c}{color(pick(rng, COLORS))}{color(pick(rng, COLORS))}", f"{n}{digits[0]}{digits[1]}",
        f"卡片上写着{n}", n, "".join(digits), f"{o}在{q}旁边", f"给我看{o}", f"没有{o}", f"{where}是什么", "桌子是空的", f"{where}什么都没变", f"{o}比{q}大",
        name(pick(rng, SHAPES)) + name(pick(rng, SHAPES)) + name(pick(rng, SHAPES)),
    ))  # fmt: skip


def _everyday(rng: np.random.Generator) -> str:
    """A sentence or a scrap in common words."""
    who, verb, thing, other = pick(rng, _PEOPLE), pick(rng, _VERBS), pick(rng, _THINGS), pick(rng, _THINGS)
    adjective, time, place, c = pick(rng, _ADJECTIVES), pick(rng, _TIMES), pick(rng, _PLACES), color(pick(rng, COLORS))
    noun = f"{adjective}的{thing}" if rng.random() < 0.4 else thing
    return pick(rng, (
        f"{who}{verb}{noun}", f"{time}{who}{verb}{noun}", f"{who}{time}{verb}{thing}", f"这个{thing}很{adjective}", f"{thing}在{other}{place}", f"{noun}和{other}",
        f"我喜欢{noun}", f"我们需要{number_words(int(rng.integers(3, 100)))}天", f"{noun}在哪里", f"{thing}{other}{pick(rng, _THINGS)}", f"请把{thing}拿过来",
        f"这个{thing}不{adjective}", f"你有{noun}吗", f"{time}很{adjective}", f"{c}的{thing}", f"{c}的{thing}在{other}{place}", pick(rng, _PHRASES), pick(rng, _PHRASES),
    ))  # fmt: skip


def sample_content(rng: np.random.Generator, world: float) -> str:
    """One to 14 characters."""
    while True:
        text = _world(rng) if rng.random() < world else _everyday(rng)
        if len(text) <= 14:
            return text
