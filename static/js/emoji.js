// A small set of emoji with their names, in groups. The words after the name are found by the search, too.

import { say } from './words.js';

/** @typedef {{emoji: string, name: string, words: string}} Emoji */

/** @param {string} lines each an emoji, its name, and after a bar more words @returns {Emoji[]} */
const group = (lines) => lines.trim().split('\n').map((line) => {
  const [first, more = ''] = line.trim().split('|');
  const [emoji, ...name] = first.trim().split(' ');
  return { emoji, name: name.join(' '), words: more.trim() };
});

/** The four that a menu offers at once. */
export const QUICK = ['👍', '❤️', '😂', '🎉'];

export const GROUPS = [
  { id: 'faces', name: say('emoji.faces'), short: say('emoji.faces-short'), icon: 'smile', all: group(`
    😀 grinning | happy smile
    😄 beaming | happy smile glad
    😅 grinning with sweat | relief phew nervous
    😂 tears of joy | laugh funny lol
    🤣 rolling with laughter | laugh funny
    🙂 slight smile | nice ok
    🙃 upside down | silly irony
    😉 wink | joke
    😊 warm smile | blush thanks
    😇 halo | angel innocent
    🥰 in love | hearts adore
    😍 heart eyes | love adore
    😘 blowing a kiss | love
    😋 delicious | yum food tasty
    😜 tongue out | silly joke
    🤗 hug | thanks welcome
    🤔 thinking | hmm question
    🤫 quiet | secret hush
    😐 neutral | meh
    🙄 eye roll | whatever
    😏 smirk | sly
    😌 relieved | calm peace
    😴 asleep | tired sleep night
    🤒 ill | sick fever
    😎 sunglasses | cool
    🥳 partying | party birthday celebrate
    🤓 nerd | clever glasses
    😮 surprised | wow oh
    😲 astonished | wow shock
    🥺 pleading | beg please
    😢 crying | sad tear
    😭 sobbing | sad cry
    😱 screaming | fear shock
    😞 disappointed | sad
    😤 huffing | proud angry
    😡 angry | mad rage
    🤯 mind blown | wow amazed
    😬 grimace | awkward
    🫣 peeking | shy look
    🫡 salute | yes aye respect`) },
  { id: 'people', name: say('emoji.people'), short: say('emoji.people-short'), icon: 'people', all: group(`
    👍 thumbs up | yes good agree like
    👎 thumbs down | no bad disagree
    👏 clapping | bravo applause
    🙌 raised hands | hooray praise
    🙏 folded hands | thanks please hope
    🤝 handshake | deal agree
    👋 waving | hello bye hi
    ✌️ victory hand | peace two
    🤞 crossed fingers | luck hope
    👌 ok hand | fine perfect
    🤌 pinched fingers | chef taste
    💪 strong arm | muscle power
    ✋ raised hand | stop me
    👆 pointing up | this above
    👇 pointing down | below
    🤷 shrugging | dunno whatever
    🤦 face in palm | oh no
    🙋 hand up | me question
    💃 dancing | party
    🏃 running | late hurry
    👀 eyes | look see watch
    🧠 brain | think clever
    👑 crown | king queen best`) },
  { id: 'hearts', name: say('emoji.hearts'), short: say('emoji.hearts-short'), icon: 'check', all: group(`
    ❤️ red heart | love like
    🧡 orange heart | love
    💛 yellow heart | love
    💚 green heart | love
    💙 blue heart | love
    💜 purple heart | love
    🤍 white heart | love
    💔 broken heart | sad
    ✨ sparkles | magic shiny new
    ⭐ star | best favourite
    🌟 glowing star | best
    💯 hundred | full points perfect
    ✅ check mark | done yes right
    ❌ cross | no wrong
    ❓ question mark | what
    ❗ exclamation mark | important
    💡 light bulb | idea
    🔔 bell | remind
    📌 pin | important keep
    🔥 fire | hot great
    💬 speech bubble | talk chat
    💤 zzz | sleep tired
    ➕ plus | more add one
    🆗 ok | fine`) },
  { id: 'nature', name: say('emoji.nature'), short: say('emoji.nature-short'), icon: 'leaf', all: group(`
    🌱 seedling | plant grow leaf
    🌿 herb | plant leaf
    🍀 clover | luck leaf
    🌳 tree | wood forest
    🌸 blossom | flower spring
    🌻 sunflower | flower
    🌹 rose | flower love
    🌈 rainbow | colours
    ☀️ sun | sunny weather warm
    🌧️ rain | weather wet
    ❄️ snowflake | cold winter
    ⚡ lightning | fast power
    🌊 wave | sea water
    🌙 moon | night
    🐶 dog | pet
    🐱 cat | pet
    🐻 bear | animal
    🦊 fox | animal
    🦉 owl | bird clever night
    🐧 penguin | bird cold
    🐝 bee | busy insect
    🦋 butterfly | insect
    🐢 turtle | slow
    🐙 octopus | sea
    🐳 whale | sea`) },
  { id: 'food', name: say('emoji.food'), short: say('emoji.food-short'), icon: 'flame', all: group(`
    ☕ coffee | cup drink morning cocoa
    🍵 tea | cup drink
    🍺 beer | drink
    🍷 wine | drink glass
    🥂 clinking glasses | cheers party
    🧃 juice | drink
    🥐 croissant | breakfast bun
    🍞 bread | loaf toast
    🧀 cheese | food
    🍕 pizza | food
    🍔 burger | food
    🌮 taco | food
    🍜 noodles | soup food
    🍣 sushi | fish food
    🥗 salad | green food
    🍎 apple | fruit
    🍌 banana | fruit
    🍓 strawberry | fruit berry
    🫐 blueberries | fruit berry
    🍰 cake | sweet birthday
    🎂 birthday cake | party
    🍪 biscuit | cookie sweet
    🍫 chocolate | sweet
    🍿 popcorn | watch film`) },
  { id: 'places', name: say('emoji.places'), short: say('emoji.places-short'), icon: 'globe', all: group(`
    🏠 house | home
    🏡 house with garden | home
    🏢 office | work building
    🏫 school | class learn
    🏖️ beach | holiday sea
    🏕️ camping | tent
    🗺️ map | way
    🌍 globe | earth world
    🚲 bicycle | bike ride
    🚗 car | drive
    🚌 bus | ride
    🚋 tram | ride
    🚆 train | ride
    ✈️ aeroplane | fly trip
    🚀 rocket | launch fast ship
    ⛵ sailing boat | sea ship
    ⛴️ ferry | boat ship
    ⚓ anchor | boat harbour
    🚦 traffic light | wait
    🧭 compass | way`) },
  { id: 'things', name: say('emoji.things'), short: say('emoji.things-short'), icon: 'trophy', all: group(`
    🎉 party popper | celebrate hooray congratulations
    🎊 confetti | celebrate party
    🎁 present | gift birthday
    🎈 balloon | party birthday
    🏆 trophy | win first cup
    🥇 gold medal | first win
    🥈 silver medal | second
    🥉 bronze medal | third
    🎯 bullseye | target right
    🎲 die | game luck
    🧩 puzzle piece | game
    ♟️ chess pawn | game
    🎮 game pad | play
    ⚽ football | sport ball
    🏀 basketball | sport ball
    🎸 guitar | music
    🎵 music note | song
    🎬 film | cinema
    📷 camera | photo picture
    📚 books | read learn
    ✏️ pencil | write
    📅 calendar | date day
    ⏰ alarm clock | time late
    ⏳ hourglass | time wait
    💻 laptop | computer work
    📱 phone | call
    🔧 spanner | fix repair tool
    🔨 hammer | build tool
    🪢 knot | rope tie
    🔑 key | open
    🔒 lock | safe
    🗑️ bin | delete rubbish
    💰 money | pay
    🧹 broom | clean
    🐛 bug | error insect`) },
  { id: 'flags', name: say('emoji.flags'), short: say('emoji.flags-short'), icon: 'flag', all: group(`
    🏁 finish flag | end race done
    🚩 red flag | warning
    🏴‍☠️ pirate flag | skull
    🏳️‍🌈 rainbow flag | pride
    🇪🇺 flag of Europe | union
    🇺🇳 flag of the United Nations | world`) },
];

/** @type {Map<string, Emoji>} */
const byEmoji = new Map(GROUPS.flatMap(({ all }) => all.map((one) => [one.emoji, one])));

/** What an emoji is called; itself if that is not known. @param {string} emoji */
export const nameOfEmoji = (emoji) => byEmoji.get(emoji)?.name ?? emoji;

/** Those with a name or word that begins so, names first. @param {string} asked @returns {Emoji[]} */
export function findEmoji(asked) {
  const begin = asked.trim().toLowerCase();
  if (byEmoji.has(asked.trim())) return [/** @type {Emoji} */ (byEmoji.get(asked.trim()))];
  const starts = (/** @type {string} */ text) => text.toLowerCase().split(' ').some((word) => word.startsWith(begin)) || text.toLowerCase().startsWith(begin);
  const all = [...byEmoji.values()];
  const byName = all.filter(({ name }) => starts(name));
  return [...byName, ...all.filter((one) => !byName.includes(one) && starts(one.words))];
}

const RECENT = 'allthrive.emoji';
const MOST_RECENT = 12;

/** What was chosen last on this device, then the usual ones. @returns {Emoji[]} */
export function recentEmoji() {
  const kept = (localStorage.getItem(RECENT) ?? '').split(' ').filter((emoji) => byEmoji.has(emoji));
  return [...new Set([...kept, ...QUICK, '👀', '🙌'])].slice(0, MOST_RECENT).map((emoji) => /** @type {Emoji} */ (byEmoji.get(emoji)));
}

/** @param {string} emoji */
export function chosen(emoji) {
  const kept = recentEmoji().map((one) => one.emoji);
  localStorage.setItem(RECENT, [...new Set([emoji, ...kept])].slice(0, MOST_RECENT).join(' '));
}
