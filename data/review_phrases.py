"""Hold the phrase banks of the sample reviews that fit any product.

`{slots}` are filled by `review_grammar.Writer`. Polarity lives in the banks' names: a `KEEPS` frame
has the polarity of the word put into it, a `FLIPS` frame the opposite one.
"""

from review_products import bank

GOOD = bank(
    """excellent | superb | delightful | impressive | first-rate | outstanding | lovely | splendid
    | wonderful | flawless | top-notch | marvellous | terrific | exceptional | pleasing
    | admirable | fantastic | satisfying | perfect | brilliant | magnificent | great | fabulous
    | sublime | good | praiseworthy | ingenious | phenomenal | charming | stunning | faultless
    | immaculate | exemplary | glorious | heavenly | unbeatable | stellar | exquisite
    | thrilling | inspired | masterful | remarkable | likeable | dazzling | gorgeous | amazing
    | incredible | beautiful | world-class | peerless | commendable | enviable | thoughtful
    | polished | refined | generous | trustworthy | dependable | superior | irresistible
    | enchanting | joyful | rewarding | uplifting | awesome | impeccable | enjoyable
    | sensational | breathtaking"""
)
BAD = bank(
    """dreadful | poor | shoddy | awful | disappointing | second-rate | appalling | laughable
    | lousy | terrible | abysmal | atrocious | pitiful | horrid | woeful | frustrating
    | substandard | useless | infuriating | dismal | sloppy | pathetic | annoying | ghastly
    | hopeless | bad | disgraceful | deplorable | clumsy | miserable | worthless | horrible
    | hideous | wretched | shameful | ridiculous | insulting | inferior | revolting | abominable
    | amateurish | careless | inexcusable | lamentable | disastrous | nasty | ugly | defective
    | unbearable | irritating | maddening | repulsive | crummy | botched | half-baked | slapdash
    | grim | vile | depressing | inept | unusable | rotten | tacky | feeble | dire
    | exasperating | sorry | regrettable | offputting | farcical | awkward | unpleasant
    | exhausting"""
)

ADJECTIVE_SIMPLE = bank(
    """the {aspect} is {degree} {adj} | it is {degree} {adj} | the {aspect} strikes me as {adj}
    | I find it {degree} {adj} | it turned out {degree} {adj} | the {aspect} seems {adj} to me
    | the {aspect} is as {adj} as they come | the {aspect} could not be more {adj}"""
)
ADJECTIVE_KEEPS = bank(
    """{other} said it was {adj}, and so it is | I expected it to be {adj} and was right
    | the photos made it look {adj}, and that is the truth
    | it is even more {adj} than the last one I had | there is no denying that it is {adj}
    | I can only call the {aspect} {adj} | {other} agrees that it is {adj}
    | I knew it would be {adj} | my old one was {adj}, and this one is just the same
    | {adj} is the word for the {aspect}"""
)
ADJECTIVE_FLIPS = bank(
    """it is anything but {adj} | the {aspect} is not something I would call {adj}
    | nobody in their right mind would call the {aspect} {adj}
    | I would not describe it as {adj} | there is nothing {adj} about it
    | the {aspect} is far from {adj} | it is not {adj} at all | it has never struck me as {adj}
    | it would be a lie to call it {adj} | I cannot say that the {aspect} is {adj}
    | {other} said it was {adj}, which is not true | I expected it to be {adj} and was wrong
    | the photos made it look {adj}, but it is the opposite | next to it, my old one looks {adj}
    | my old one was {adj}; this one is the opposite"""
)
DEGREES = bank(
    """absolutely | truly | simply | quite frankly | honestly | really | just | downright"""
)
OTHERS = bank(
    """my husband | my sister | a friend | the man in the shop | another reviewer | my neighbour
    | my flatmate | a colleague | the advert | half of the internet | my mother-in-law | my son
    | the magazine test | everybody on the forum"""
)

KEEPERS = bank(
    """buying it again | recommending it to my friends | keeping it for good | getting a second one
    | giving it as a present | using it every day | telling everyone about it | thanking my luck
    | coming back to this brand | spending the money again | handing it five stars
    | fighting anyone who tries to take it off me | showing it off to visitors
    | smiling about it | ordering it in another colour | praising it"""
)
LEAVERS = bank(
    """sending it back | asking for a refund | throwing it in the bin | leaving it in a drawer
    | regretting the purchase | complaining to the seller | wishing I had kept my money
    | giving it away | warning other people off | looking for a replacement | being fobbed off
    | feeling cheated | cursing the day I ordered it | putting it out with the rubbish
    | writing an angry letter | losing my temper over it"""
)
VERDICT_KEEPS = bank(
    """I ended up {core} | I am {core} | I am seriously thinking of {core}
    | I have every reason for {core} | I can well imagine {core} | {core}? Count me in
    | you will find me {core} | I was right to start {core}"""
)
VERDICT_FLIPS = bank(
    """you will not catch me {core} | I have no intention of {core} | I never thought of {core}
    | I cannot imagine {core} | {core}? Not me | I see no reason for {core}
    | I am certainly not {core} | I would not dream of {core}"""
)
VERDICT_GOOD = bank(
    """it stays | I am over the moon | this one is a keeper | money well spent | ten out of ten
    | I only wish I had found it sooner | it has earned its place
    | they can have my custom for life | I was won over | hats off to the makers
    | I am a convert | it is the best thing I bought this year | all in all a happy customer
    | I take back every doubt | it gets my warmest recommendation | full marks from me
    | I would not swap it for anything | what a find | it makes me smile each time I use it
    | I am thrilled with it | I could hug whoever designed it | everyone should own one
    | it has made my life easier | I adore it | worth every penny | a triumph | it won my heart
    | my faith in the brand is restored | I sing its praises | simply a joy | two thumbs up
    | I am impressed | I got a bargain | I cannot recommend it enough | it exceeded all my hopes
    | I would be lost without it | pure happiness | a stroke of genius | well worth it
    | I am grateful to have it | go and get one | you will not be sorry | a dream come true
    | I treasure it | it beats everything I tried before"""
)
VERDICT_BAD = bank(
    """back it goes | I am fed up with it | this one is a dud | money down the drain
    | zero out of ten | I only wish I had read the warnings | it is on its way to the tip
    | they have lost my custom for life | I was had | shame on the makers
    | I have learnt my lesson | it is the worst thing I bought this year
    | all in all an unhappy customer | I take back every kind word | steer clear
    | one star is one too many | I would swap it for anything | what a swindle
    | it makes me sigh each time I see it | I am disgusted with it
    | I could strangle whoever designed it | nobody should own one | it has made my life harder
    | I loathe it | not worth a penny | a disaster | it broke my heart
    | my faith in the brand is gone | I curse it | simply a pain | two thumbs down
    | I am appalled | I got fleeced | I cannot warn you enough | it fell short of all my hopes
    | I would be happier without it | pure misery | a complete failure | a rip-off
    | I am angry that I have it | save yourself the trouble | you will be sorry | a nightmare
    | I despise it | it is beaten by everything I tried before"""
)
VERDICT_MIDDLING = bank(
    """I am in two minds | make of that what you will | it evens out | call it a draw
    | so I sit on the fence | three stars seems fair | neither a hit nor a miss
    | I can take it or leave it | I shrug | some days I like it, some days I do not
    | I would not talk anyone into it or out of it | the jury is still out
    | swings and roundabouts | I remain undecided | a mixed bag
    | I feel nothing much about it either way | half pleased, half annoyed
    | on balance it is a wash | it could be better, it could be worse
    | the good and the bad cancel out | not a purchase I will celebrate or regret
    | depends on what you want from it | I cannot make up my mind | average, all told"""
)
LUKEWARM = bank(
    """it does the job and no more | it is all right | it is {middling}
    | the {aspect} is {middling} | nothing about the {aspect} stands out
    | it is neither {good} nor {bad} | I would not call it {good}, and not {bad} either
    | it is about what the price suggests
    | the {aspect} is no better and no worse than on any other {product}
    | I expected neither miracles nor disasters and got neither
    | it is a {product}, what can I say | somewhere between {good} and {bad}
    | you get roughly what you pay for
    | the {aspect} is not {bad}, though {good} is another matter
    | it is less {good} than some claim and less {bad} than others do"""
)
MIDDLING = bank(
    """okay | middling | passable | so-so | average | unremarkable | decent enough | acceptable
    | fair | nothing special | tolerable | run of the mill | adequate | ordinary | serviceable"""
)

# The clause {w} wins: the review has its polarity, whatever {l} says.
DOMINANCE = bank(
    """{l}, but none of that matters, because {w}
    | {l}, I admit. Still, {w}, and that is what counts for me
    | that {l} I could get over; what I will remember is that {w} | {l}, but in the end {w}
    | although {l}, {w} | even if {l}, what settles it for me is that {w}
    | {l}, which I forgot the moment I noticed that {w}
    | {other} keeps telling me that {l}. My experience is different: {w}
    | "{l}", wrote {other}. I wonder what they used, since {w}
    | at first {l}. That is long past: by now {w}
    | I was about to write that {l}. Then I found that {w}, and that changed everything
    | for all the talk that {l}, {w} | on day one {l}; a month later {w}, and so it has stayed
    | {l}. That is not the whole story, though: {w}
    | I know that {l}. What decides it, though, is that {w} | {l}; however, {w}
    | {w}, even though {l} | {w}, and the fact that {l} changes nothing about that"""
)
DASHED_HOPES = bank(
    """I wanted to love it, but {w} | I did not want to hate it, but {w}
    | I wanted to hate it, and I do: {w} | I hoped to prove the bad reviews wrong, but {w}
    | I hoped to agree with the good reviews, but {w} | my plan was to rave about it. Then {w}
    | I had the praise ready in my head. Then {w}
    | I would have kept it, had I not seen that {w}
    | I looked forward to tearing it apart, and I can: {w}"""
)
DISPELLED_FEARS = bank(
    """I wanted to hate it, but {w} | I did not want to love it, but {w}
    | I wanted to love it, and I do: {w} | I hoped to prove the good reviews wrong, but {w}
    | I hoped to agree with the bad reviews, but {w} | my plan was to rant about it. Then {w}
    | I had the insults ready in my head. Then {w}
    | I would have sent it back, had I not seen that {w}
    | I looked forward to praising it, and I can: {w}"""
)
BALANCE = bank(
    """{a}; on the other hand {b} | {a}. Then again, {b}
    | half of me says that {a}, the other half that {b} | {a} and {b}, so it evens out
    | for every time that I think "{a}" there is one when {b}
    | the good and the bad in equal parts: {a}, {b} | {a}, {b}, and I weigh both the same
    | one plus, one minus: {a}, and {b} | you win some, you lose some: {a}, while {b}
    | {a}, {b}. Neither outweighs the other | {a}, which makes up for the other thing: {b}"""
)
IRONY_KEEPS = bank(
    """great, just what I needed: {w} | well, well: {w} | congratulations to the makers: {w}
    | you have to hand it to them: {w} | guess what: {w} | I have to laugh: {w}
    | oh, wonderful, as if I had asked for it: {w} | believe it or not, {w}"""
)
MOCK_PRAISE = bank(
    """five stars if you like {leaver} | ideal for people who enjoy {leaver}
    | a wonderful choice for anybody who dreams of {leaver}
    | thank you so much for the joy of {leaver} | I had the great pleasure of {leaver}
    | perfect, as long as your hobby is {leaver}"""
)
MOCK_BLAME = bank(
    """my only complaint is that I cannot stop {keeper} | terrible for my savings: I am {keeper}
    | warning: you will end up {keeper} | the worst of it is that now I cannot resist {keeper}
    | awful news for my old one, since I am {keeper} | bad luck for the rivals: I am {keeper}"""
)
FILLERS = bank(
    """I bought this {product} for {occasion} | it came {delivery} | I have had it for {time}
    | I am not an expert on this sort of thing | {other} had been after me to get a {product}
    | this is my {count} {product} in {years} years | it replaces a {product} from a flea market
    | I paid {price} for it | the {aspect} was what I looked at first | I use it {often}
    | I read a dozen reviews before choosing | there are cheaper ones and dearer ones
    | my café is next door to the shop, so I picked it up there | it is sold in three sizes
    | I ordered it {time} ago on my phone | I write this after {time} of use"""
)
OCCASIONS = bank(
    """my sister's birthday | the new flat | a trip to the coast | my retired father | Christmas
    | myself after a long week | our wedding anniversary | the start of term | a fiancé in exile"""
)
DELIVERIES = bank(
    """on a Tuesday | by courier | in a plain box | with two days' delay | a day early
    | while I was out | with the usual paperwork"""
)
TIMES = bank(
    """a week | three weeks | two months | half a year | ten days | a year | a fortnight"""
)
OFTEN = bank("""every morning | at weekends | about twice a week | most evenings | now and then""")

SHORT_GOOD = bank(
    """loved it | no complaints | would buy again | couldn't be happier | chuffed to bits
    | nothing to fault | what a gem | never letting go of it | not a bad word from me
    | hard to beat | {good} {product} | {good}, just {good} | the {aspect} is {good}
    | bought two, both {good} | {good} {product} for {price}"""
)
SHORT_BAD = bank(
    """avoid | don't bother | never again | couldn't be unhappier | gutted | nothing to like
    | what a con | letting go of it gladly | not a good word from me | easy to beat
    | {bad} {product}"""
)
SHORT_MIDDLING = bank(
    """it's ok | meh | nothing special | could be worse, could be better | hmm, not sure
    | three stars | fine I suppose | neither here nor there | so-so | {middling} {product}
    | does the job"""
)
