"""Sentences to say back. They reach far beyond the questions, so that hearing does not shrink to a list of questions."""
from __future__ import annotations

import numpy as np

from . import repeat_zh
from .phrases import NOUNS, UNITS, article, name, number_words, plural
from .scene import CELLS, COLORS, SHAPES, SIZES, pick

_PEOPLE = tuple("the boy,the girl,my friend,your mother,his father,her sister,our teacher,the man,the woman,the child,"
                "a doctor,the dog,the cat,a bird,the people,my brother,the farmer,the king,nobody,everyone".split(","))
_THINGS = tuple("house,table,chair,book,window,door,garden,river,mountain,city,street,train,car,boat,bridge,letter,"
                "picture,phone,computer,camera,lamp,clock,cup,glass,bottle,plate,knife,spoon,bread,apple,cake,milk,"
                "coffee,tea,water,sugar,shirt,shoe,hat,coat,bag,box,key,ball,paper,pencil,song,story,word,name,"
                "question,answer,school,office,market,kitchen,room,wall,floor,roof,field,forest,tree,flower,grass,"
                "stone,island,beach,sea,lake,cloud,rain,snow,wind,fire,sun,moon,light,shadow,morning,evening,night,"
                "summer,winter,week,month,year,hour,minute,horse,fish,sheep,mouse,lion,elephant,machine,engine".split(","))
_VERBS = tuple("sees,likes,finds,opens,closes,takes,brings,buys,sells,makes,breaks,carries,watches,knows,wants,needs,"
               "holds,shows,reads,paints,loses,keeps,remembers,forgets,cleans,moves,draws,loves,hears,follows".split(","))
_ADJECTIVES = tuple("big,little,old,new,young,good,bad,long,short,high,low,warm,cold,hot,cool,dark,bright,heavy,light,"
                    "quick,slow,happy,sad,quiet,loud,strong,weak,clean,dirty,open,empty,full,soft,hard,easy,difficult,"
                    "beautiful,strange,simple,famous,round,flat,broken,golden,silver,brown,pink,gray,wooden,thick,thin".split(","))
_TIMES = tuple("today,tomorrow,yesterday,now,later,again,always,never,often,sometimes,soon,every day,last week,next year,"
               "this morning,on monday,on tuesday,on wednesday,on thursday,on friday,on saturday,on sunday,in january,"
               "in march,in april,in june,in july,in august,in october,in december,at noon,after lunch".split(","))
_PLACES = tuple("in,on,under,behind,near,above,below,beside,around,inside,outside,between the trees and,far from".split(","))
_PHRASES = tuple("nice to meet you,what a beautiful day,please close the door,the quick brown fox,one two three four,"
                 "we will see,wait a minute,come here please,i do not know,i am very happy,that is not right,"
                 "yes of course,no thank you,have a nice day,good luck my friend,turn the page,look at the sky,"
                 "how is the weather,what time is it,let us go home,she sells sea shells,this is a test,testing one two,"
                 "i can hear you,it is too late,where are you going,who is there,why not,maybe tomorrow,"
                 "i would like some water,the train is late,give it to me,take it slowly,stop right there,"
                 "up and down,left and right,black and white,day and night,bread and butter,over the bridge".split(","))


def _object(rng: np.random.Generator) -> str:
    return name(pick(rng, NOUNS[:6]), pick(rng, COLORS) if rng.random() < 0.7 else None,
                pick(rng, SIZES) if rng.random() < 0.3 else None)


def _world(rng: np.random.Generator) -> str:
    """A sentence or a scrap in the words of the table."""
    o, q, c, at = _object(rng), _object(rng), pick(rng, COLORS), pick(rng, CELLS)
    n = number_words(int(rng.integers(100)))
    many = f"{number_words(int(rng.integers(2, 10)))} {plural(pick(rng, SHAPES))}"
    forms = (f"the {o} is {at}", f"the {o} is {c}", f"there is {article(o)} {at}", f"there are {many}", f"the number is {n}",
             f"{article(o)} and {article(q)}", f"the {o} moved to {at.split(' ', 1)[1]}", f"the {o} turned {c}",
             f"the {o} disappeared", f"{article(o)} appeared {at}", o, f"{many} and {number_words(int(rng.integers(2, 10)))} more",
             f"where is the {o}", f"what color is the {o}", f"is there {article(o)}", f"how many {plural(o)} are there",
             f"the {o} and the {q} are {c}", f"i see {article(o)}", f"put the {o} {at}", f"{c} {pick(rng, COLORS)} {pick(rng, COLORS)}",
             f"{n} {pick(rng, UNITS)} {pick(rng, UNITS)}", f"the card says {n}", f"{n}", f"the {o} is next to the {q}",
             f"show me the {o}", f"there is no {o}", f"what is {at}", f"the table is empty", f"nothing changed {at}",
             f"the {o} is larger than the {q}", f"{pick(rng, SHAPES)} {pick(rng, SHAPES)} {pick(rng, SHAPES)}")
    return pick(rng, forms)


def _everyday(rng: np.random.Generator) -> str:
    """A sentence or a scrap in common words."""
    who, verb, thing, other = pick(rng, _PEOPLE), pick(rng, _VERBS), pick(rng, _THINGS), pick(rng, _THINGS)
    adj, time, place = pick(rng, _ADJECTIVES), pick(rng, _TIMES), pick(rng, _PLACES)
    noun = f"{adj} {thing}" if rng.random() < 0.5 else thing
    forms = (f"{who} {verb} the {noun}", f"{who} {verb} {article(noun)} {time}", f"the {thing} is {adj}",
             f"the {noun} is {place} the {other}", f"{noun} and {other}", f"{time} {who} {verb} the {thing}",
             f"i like the {noun}", f"we need {number_words(int(rng.integers(2, 100)))} days", f"where is the {noun}",
             f"{article(noun)} {place} the {other}", f"{thing} {other} {pick(rng, _THINGS)}", f"{adj} {pick(rng, _ADJECTIVES)} {thing}",
             f"please bring the {noun}", f"this {thing} is not {adj}", f"do you have {article(noun)}", f"it is very {adj} {time}",
             f"{pick(rng, COLORS)} {thing}", f"the {pick(rng, COLORS)} {thing} is {place} the {other}", pick(rng, _PHRASES),
             pick(rng, _PHRASES))
    return pick(rng, forms)


def sample_content(rng: np.random.Generator, world: float = 0.55, lang: str = "en") -> str:
    """2..9 words (one at times) in lower case; `world` is the share in the words of the table."""
    if lang == "zh":
        return repeat_zh.sample_content(rng, world)
    while True:
        text = _world(rng) if rng.random() < world else _everyday(rng)
        if len(text.split()) <= 9:
            return text
