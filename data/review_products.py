"""Hold what reviewers say about each kind of product: things, aspects, praise and complaints.

Every clause is finite and starts in lower case, so that it can stand alone, after "that" or after
"because". Praise and complaints use the same nouns wherever possible: a noun alone tells nothing.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Category:
    """The words of one product category.

    Args:
        products: Things one can buy, singular nouns.
        aspects: Parts or properties of such a thing, singular nouns that follow "the".
        good: Adjectives of praise for the thing itself.
        bad: Adjectives of blame for the thing itself.
        praise: Finite clauses that speak for the thing.
        complaints: Finite clauses that speak against it.
    """

    products: tuple[str, ...]
    aspects: tuple[str, ...]
    good: tuple[str, ...]
    bad: tuple[str, ...]
    praise: tuple[str, ...]
    complaints: tuple[str, ...]


def bank(text: str) -> tuple[str, ...]:
    """Split a phrase bank written as `one | two | three` over any number of lines."""
    return tuple(" ".join(phrase.split()) for phrase in text.split("|"))


CATEGORIES = {
    "Clothing": Category(
        products=bank("jacket | dress | jumper | coat | shirt | skirt | hoodie | blouse"),
        aspects=bank("fabric | cut | stitching | zip | colour | lining | collar | hem"),
        good=bank("flattering | cosy | well cut | soft | elegant | breathable | hard-wearing"),
        bad=bank("scratchy | shapeless | see-through | frumpy | clammy | threadbare | boxy"),
        praise=bank(
            """the zip glides after a year of school runs | it came out of the tenth wash like new
            | strangers stop me to ask where I got it | it hugs the waist without pinching
            | the seams have survived a toddler | the colour is even richer than in the photo
            | I have worn it four days out of seven | it drapes the way expensive things do
            | it kept the wind out on an open ferry | the lining feels like a second skin
            | it hides everything I want hidden | the buttons are sewn on for life"""
        ),
        complaints=bank(
            """the zip came away in my hand | it shrank to doll size in a cool wash
            | the sleeves end halfway up my arms | a seam gave way the first time I sat down
            | the dye rubbed off on my sofa | it bobbled before the week was out
            | it hangs on me like a bin bag | the lining tore when I put my hand in the pocket
            | the colour turned out to be a sickly mustard | two buttons were gone by lunchtime
            | it lets the wind straight through | it itches so much that I took it off in the car"""
        ),
    ),
    "Shoes": Category(
        products=bank("pair of boots | pair of trainers | walking shoe | running shoe | slipper"),
        aspects=bank("sole | heel | toe box | lacing | insole | grip | tongue | leather"),
        good=bank("springy | roomy | supportive | watertight | light on the foot | grippy"),
        bad=bank("stiff | slippery | cramped | clumpy | leaky | poorly glued | wobbly"),
        praise=bank(
            """my feet stayed dry in a ditch | I walked nine miles straight out of the box
            | the heel still looks unworn after a winter | the sole grips wet cobbles like glue
            | my bunions have stopped complaining | the laces stay tied all day
            | standing through a double shift is now painless | the leather softened beautifully
            | they slip on without a shoehorn and stay put | my physio noticed the difference"""
        ),
        complaints=bank(
            """the sole peeled off like a plaster | I had blisters before I reached the bus stop
            | the heel snapped on a kerb | water seeps in at the first puddle
            | one shoe is half a size larger than the other | the insole slid out and vanished
            | they squeak with every single step | the leather cracked across the toes
            | my toes went numb within the hour | the glue left yellow smears along the edge"""
        ),
    ),
    "Kitchen": Category(
        products=bank("kettle | frying pan | blender | toaster | knife | coffee maker | saucepan"),
        aspects=bank("handle | lid | coating | motor | base | spout | timer | blade"),
        good=bank("quick | even-heating | easy to clean | well balanced | sharp | quiet | solid"),
        bad=bank("flimsy | noisy | fiddly | leaky | lopsided | blunt | impossible to clean"),
        praise=bank(
            """eggs slide off as if it were ice | it boils before I have found a mug
            | it purees frozen fruit without a murmur | the lid closes with a reassuring click
            | it goes through pumpkin like butter | one wipe and it gleams again
            | the handle stays cool on a full flame | breakfast takes half the time it used to
            | it has outlived two of its rivals already | sauces no longer catch at the bottom
            | the spout pours without spilling a drop"""
        ),
        complaints=bank(
            """the coating flaked into my omelette | it drips all over the worktop
            | the handle came loose over hot oil | the motor gave off smoke on day three
            | it takes an age to warm up | the lid has never fitted
            | everything welds itself to the base | it cannot cope with a ripe tomato
            | rust showed up after two washes | it trips the fuse every other morning
            | the timer stops whenever it feels like it"""
        ),
    ),
    "Electronics": Category(
        products=bank("headset | charger | tablet | speaker | camera | phone | router | monitor"),
        aspects=bank("battery | screen | sound | app | connection | cable | microphone | casing"),
        good=bank("responsive | crisp | reliable | clever | fast | intuitive | rock solid"),
        bad=bank("laggy | glitchy | tinny | sluggish | unreliable | power-hungry | temperamental"),
        praise=bank(
            """the battery lasts from Monday to Thursday | it paired in two seconds flat
            | voices come through as if in the same room | the screen is readable in full sun
            | it found every gadget in the house by itself | it has not dropped a call since May
            | the app explains itself | I hear details in songs I have known for decades
            | it is full again before I finish my coffee | updates simply install and get on with it
            | it shrugged off a fall onto concrete"""
        ),
        complaints=bank(
            """the battery is flat by elevenses | it disconnects whenever I leave the chair
            | the screen flickers like a faulty lamp | it went dark after a fortnight
            | the app wants a password every time | everyone hears me as if under water
            | it gets hot enough to fry an egg | the cable frayed at the plug
            | it restarts in the middle of every film | each update breaks something else
            | pressing a button does something on the third try"""
        ),
    ),
    "Home, Garden & Tools": Category(
        products=bank("lamp | drill | shelf | hose | mower | curtain rail | ladder | wheelbarrow"),
        aspects=bank("bracket | finish | switch | frame | hinge | grip | paint | wheel"),
        good=bank("sturdy | heavy-duty | handsome | level | weatherproof | simple to put up"),
        bad=bank("rickety | crooked | rust-prone | underpowered | badly drilled | unstable"),
        praise=bank(
            """it was up on the wall in ten minutes | it has stood through two storms
            | all the holes line up to the millimetre | it chews through oak
            | the room looks twice its size | it takes my weight without a creak
            | it starts on the first pull | the paint has not faded in three summers
            | every screw was there with spares | the neighbours borrow it constantly"""
        ),
        complaints=bank(
            """it sags under two paperbacks | the holes do not line up with anything
            | the switch crumbled | it sways as soon as you lean on it
            | the paint comes off with a fingernail | half of the screws were absent
            | it leaks at both ends | it choked on wet grass
            | the wheel fell off on the gravel | rust crept over it within a month"""
        ),
    ),
    "Toys & Games": Category(
        products=bank("puzzle | board game | doll | train set | kite | card game | building kit"),
        aspects=bank("box | rulebook | artwork | track | plastic | board | size | idea"),
        good=bank("imaginative | absorbing | robust | funny | educational | replayable"),
        bad=bank("dull | fragile | confusing | repetitive | overhyped | tiny | joyless"),
        praise=bank(
            """the children forgot their screens for an afternoon | we play it every single Friday
            | it has been thrown downstairs and still works | my niece sleeps next to it
            | the rules fit on one page | grandpa laughed until he cried
            | no two rounds are alike | the pieces click together perfectly
            | it kept six cousins quiet on a rainy day | it teaches sums without anybody noticing"""
        ),
        complaints=bank(
            """it was in bits before the cake was cut | two pieces of the sky are missing
            | nobody wanted a second round | the rulebook contradicts itself
            | the paint ended up on my son's lips | it cannot fly in any wind known to science
            | my daughter lost interest within minutes | the pieces fall out of their slots
            | an arm dropped off during the first hug | it ate six batteries in one evening"""
        ),
    ),
    "Books": Category(
        products=bank("novel | cookbook | thriller | biography | travel guide | memoir | textbook"),
        aspects=bank("plot | ending | writing | translation | pacing | dialogue | layout | index"),
        good=bank("gripping | moving | witty | well researched | vivid | thought-provoking"),
        bad=bank("tedious | predictable | preachy | muddled | padded | badly edited | wooden"),
        praise=bank(
            """I missed my stop because of it | I read it twice in one weekend
            | the last chapter made me cry on a train | the people in it feel like old friends
            | I have lent it to half my office | every page taught me something
            | I did not see the ending coming | the writing sings
            | I stayed up until three to finish it | the recipes work the first time"""
        ),
        complaints=bank(
            """I gave up on page forty | I guessed the murderer in chapter one
            | thirty pages were bound upside down | the author repeats every point four times
            | the people in it are made of cardboard | I fell asleep over it three nights running
            | the facts are wrong from the preface on | the ending is a cop-out
            | the spine split at the first opening | the print is too faint to read"""
        ),
    ),
    "Beauty": Category(
        products=bank("face cream | shampoo | lipstick | serum | hairdryer | sunscreen | perfume"),
        aspects=bank("scent | texture | pump | shade | formula | bottle | brush | effect"),
        good=bank("gentle | silky | long-lasting | soothing | lightweight | fresh | luxurious"),
        bad=bank("greasy | overpowering | sticky | drying | harsh | chalky | watery"),
        praise=bank(
            """my skin drank it up and calmed down | people think I have been on holiday
            | the frizz has surrendered | it stays put through a night of dancing
            | the redness was gone in days | one drop is enough for my whole face
            | my hairdresser asked what I was using | the scent lingers in the nicest way
            | I go out without foundation again | even my eczema tolerates it"""
        ),
        complaints=bank(
            """I came out in a rash | it slides off before breakfast
            | my hair turned to straw | it stung like nettles
            | the bottle leaked through my suitcase | the pump jammed for good
            | it smells of old swimming pools | it left white streaks on everything I own
            | I looked as if I had been dipped in flour | my scalp has been flaking since"""
        ),
    ),
    "Sports & Outdoors": Category(
        products=bank("tent | yoga mat | backpack | bike light | sleeping bag | racket | flask"),
        aspects=bank("strap | pole | buckle | seal | padding | weight | mount | pocket"),
        good=bank("comfortable | tough | waterproof | compact | well thought out | feather-light"),
        bad=bank("bulky | uncomfortable | badly balanced | draughty | floppy | cheaply made"),
        praise=bank(
            """we slept bone dry in a downpour | it weighs next to nothing on my back
            | tea was still steaming at the summit | it goes up in the dark with cold fingers
            | my knees thank me for it | drivers see me from half a mile off
            | it has crossed Iceland with me | the straps never dig in
            | my serve has come on no end | it packs down to the size of a loaf"""
        ),
        complaints=bank(
            """we woke up in a puddle | the strap ripped at the trailhead
            | the pole splintered in a breeze | my tea was stone cold by ten
            | it slides across the floor under me | the buckle popped open on the descent
            | I shivered all night in July | it rattled loose on the first bump
            | it will never again fit into its own sack | it rubbed my shoulders raw"""
        ),
    ),
    "Pet Supplies": Category(
        products=bank("dog bed | cat tree | lead | litter box | harness | water bowl | toy"),
        aspects=bank("cover | clasp | filling | smell | platform | rope | filter | bowl"),
        good=bank("chew-proof | washable | stable | escape-proof | calming | practical"),
        bad=bank("wobbly | smelly | badly sewn | unhygienic | noisy | unsafe"),
        praise=bank(
            """the dog drags it from room to room | both cats fight over who may use it
            | it has outlasted a terrier with a grudge | walks have become a pleasure
            | the vet recommended it and I see why | my old spaniel gets up without limping
            | there is no odour even in August | the rabbit took to it at once
            | fur comes off with one shake | it purrs more quietly than the cat"""
        ),
        complaints=bank(
            """the cat will not go near it | the puppy shredded it before supper
            | it tipped over with the kitten on top | the clasp let go beside a main road
            | the filling spilled all over the hall | it reeks of petrol
            | it rubbed the fur off his chest | the pump died and the water went green
            | the dog wriggled out of it in seconds | it collapsed under a four-kilo cat"""
        ),
    ),
}
