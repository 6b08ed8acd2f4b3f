#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Somebody sits between host and reader, reads everything, and the owner says --secure: no PIN and no
# share of any verb is in what he sees, and nothing but what opens a channel is in the clear. Every
# verb that offers --secure is tried; one that this page does not know fails it.
# Usage: test_channel_only.sh TOOL SPY
set -eu
glasshsm=$(realpath "$1") spy=$(realpath "$2")
# shellcheck source-path=SCRIPTDIR source=../live/lib.sh
. "$(dirname "$0")/../live/lib.sh"
need pkcs11-tool

if [ "${3-}" != inside ]; then
    rm -rf "$work" # of this process; the one inside has its own
    exec "$glasshsm" run --tokens 3 -- setsid -w "$0" "$glasshsm" "$spy" inside
fi

# Each PIN is another one, so that none is found for another's sake.
vault="Glass HSM 1-2 00 00" anne="Glass HSM 1-2 00 01" bert="Glass HSM 3-4 00 00"
export PIN=271828182 SO=0102040810204080 NEW=314159265 SO_NEW=1122334455667788 ANNE=161803398 \
    BERT=141421356 FIRST=648219 FIRST_SO=3537363231383830 \
    GLASSHSM_SPY=$work/seen
cd "$work"
hex() { od -An -tx1 -v | tr -d ' \n'; }

# --- What is tried ---

# Verb, then what it is tried with; several rows of one verb are tried in order.
rows=(
    "token init|--yes --dkek-shares 1 --label secretly --so-pin-env SO --new-pin-env PIN"
    "dkek import|share --raw-share --pin-env PIN"
    "token info|"
    "token label|quietly --pin-env PIN"
    "dkek status|"
    "key generate|P-256 01 --pin-env PIN"
    "key list|"
    "key wrap|01 --out wrapped --pin-env PIN"
    "key unwrap|wrapped 02 --pin-env PIN"
    "key delete|02 --yes --pin-env PIN"
    "object write|cd05 content --label quietly --pin-env PIN"
    "object list|"
    "object read|cd05 --out got --pin-env PIN"
    "object delete|cd05 --pin-env PIN"
    "pin change|--pin-env PIN --new-pin-env NEW"
    "pin change|--so --so-pin-env SO --new-pin-env SO_NEW"
    "pin unblock|--so-pin-env SO_NEW --new-pin-env PIN"
    "pin unblock|--keep --so-pin-env SO_NEW"
    "token init|--yes --key-domains 2 --so-pin-env SO_NEW --new-pin-env PIN -- domain create 1 1"
    "domain create|0 1 --pin-env PIN"
    "dkek import|share --raw-share --pin-env PIN --domain 0"
    "domain clear|0 --pin-env PIN"
    "domain delete|0 --pin-env PIN"
    "key generate|P-256 01 --pin-env PIN"
    "domain member|01 --out memberships --pin-env PIN"
    "domain join|0 memberships --out papers --pin-env PIN"
    "domain exchange|0 theirs --pin-env PIN"
    "pka export|01 --out own.pka"
    "token init|--yes --custodians 2 --required 2 --together --so-pin-env SO_NEW --new-pin-env PIN
        -- pka register --custodian ANNE_READER"
    "pka status|"
    "pka login|--custodian ANNE_READER --custodian-pin-env ANNE --custodian BERT_READER:01
        --custodian-pin-env BERT --pin-env PIN -- token label opened -- pka status"
)
# Before a verb, somebody else does this, whom nobody listens to.
before() {
    case $* in
        "pka login") # the second custodian, in the session that begins
            "$glasshsm" token init --reader "$vault" --yes --custodians 2 --required 2 --together \
                --so-pin-env SO_NEW --new-pin-env PIN -- pka register --custodian "$anne" \
                -- pka register --custodian "$bert:01" ;;
        "domain exchange")
            "$glasshsm" object read 2f02 --reader "$bert" --out bert.2f02
            "$glasshsm" domain member 01 bert.2f02 --out both --reader "$vault" --pin-env PIN
            "$glasshsm" domain join 0 both --out theirs --reader "$bert" --pin-env BERT ;;
    esac
}

# --- The spy's view ---

# Which commands of the clear may be seen: SELECT of the application, the certificates, and the two
# that open a channel.
application=e82b0601040181c31f0201
strange() {
    grep '^> ' seen | grep -Ev "^> (00a4040[c0]0b$application(00)?|00b12f0204540[0-9a-f]{5}(00)?\$|002241a4|00860000|[08]c)"
}

hear() { # what was done
    local secret
    for secret in PIN NEW ANNE BERT FIRST; do
        if grep -q "$(printf %s "${!secret}" | hex)" seen; then fail "$*: $secret is seen"; fi
    done
    for secret in SO SO_NEW FIRST_SO; do
        if grep -qi "${!secret}" seen; then fail "$*: $secret is seen"; fi
    done
    if grep -q "$(hex <share)" seen; then fail "$*: the share is seen"; fi
    if strange >outside; then fail "$*: in the clear: $(cat outside)"; fi
    if [ "$(sed -n '/^> [08]c/p' seen | wc -l)" = 0 ]; then fail "$*: there was no channel"; fi
}

# --- The tokens ---

head -c 32 /dev/urandom >share
printf 'a confidential text' >content
"$glasshsm" ca export --out root.cvc
"$glasshsm" ca create others >made
pkcs11() { pkcs11-tool --slot-index "$1" --login --pin "$2" --keypairgen --key-type EC:secp256r1 --id 01; }
"$glasshsm" pin change --reader "$vault" --so --so-pin-env FIRST_SO --new-pin-env SO
"$glasshsm" token init --reader "$anne" --yes --so-pin-env FIRST_SO --new-pin-env ANNE
"$glasshsm" token init --reader "$bert" --yes --key-domains 1 --so-pin-env FIRST_SO --new-pin-env BERT
pkcs11 1 "$ANNE" >made 2>&1
pkcs11 2 "$BERT" >made 2>&1

# The spy is not blind.
LD_PRELOAD=$spy "$glasshsm" token label plain --reader "$vault" --pin-env FIRST
grep -q "$(printf %s "$FIRST" | hex)" seen || fail "the spy is blind"

# --- Every verb ---

offered() { # the verbs that offer --secure
    "$glasshsm" completion bash | sed -n 's/^ *\([a-z]*\\ [a-z-]*\)) words=".* --secure .*/\1/p' | tr -d '\\'
}
offered | sort >offered
[ "$(wc -l <offered)" -gt 20 ] || fail "verbs are not found: $(cat offered)"
printf '%s\n' "${rows[@]}" | sed -n 's/^\([a-z]* [a-z]*\)|.*/\1/p' | sort -u >tried
grep -vxF -f offered tried >strangers || true
# pka register is tried as an action, which its own row would need a login of two for.
echo "pka register" >>tried
grep -vxFf tried offered >untried || true
equal "verbs that are offered and not tried" "" "$(cat untried)"
equal "verbs that are tried and not offered" "" "$(cat strangers)"

for row in "${rows[@]}"; do
    verb=${row%%|*}
    # shellcheck disable=SC2086 # words
    set -- $verb ${row#*|}
    before "$1 $2" >did 2>&1 || fail "before $verb: $(cat did)"
    words=()
    options=(--secure --root root.cvc --reader "$vault")
    for word; do
        case $word in
            --) words+=("${options[@]}") options=() ;;
            ANNE_READER) word=$anne ;;
            BERT_READER:01) word=$bert:01 ;;
        esac
        words+=("$word")
    done
    : >seen
    LD_PRELOAD=$spy "$glasshsm" "${words[@]}" "${options[@]}" >out 2>err ||
        fail "${words[*]}: $(cat err)"
    hear "${words[*]}"
    if grep "not verified" err; then fail "$verb: a verified device is called unverified"; fi
done
cmp content got || fail "the content came back altered"
equal "label" opened "$("$glasshsm" token info --reader "$vault" --json |
    sed 's/.*"label":"\([^"]*\)".*/\1/')"

# --- A token that the root does not vouch for, or not the one named, hears no PIN ---

"$glasshsm" ca export others --out others.cvc
serial() { "$glasshsm" token info --reader "$1" --json | sed 's/.*"serial":"\([^"]*\)".*/\1/'; }
its=$(serial "$vault") annes=$(serial "$anne")

deaf() { # exit status, arguments: refused before a PIN was asked for, and before a channel was there
    local expected=$1
    shift
    : >seen
    LD_PRELOAD=$spy fails "$expected" "$glasshsm" "$@"
    if grep -q "terminal to ask" err; then fail "$*: a PIN was asked for"; fi
    if grep -Eq '^> [08]c' seen; then fail "$*: something was said"; fi
}
asks() { # the same with the right token: a PIN is asked for
    fails 2 "$glasshsm" "$@"
    grep -q "terminal to ask" err || fail "$*: $(cat err)"
}
custodian=(--custodian "$anne" --custodian-root)
for verb in "token label x" "pin change" "pin change --so" "pin unblock" "object delete cd01" \
    "token init --yes"; do
    # shellcheck disable=SC2086 # words
    set -- $verb --reader "$vault"
    deaf 35 "$@" --secure --root others.cvc
    deaf 31 "$@" --serial "$annes"
    deaf 31 "$@" --secure --root root.cvc --serial "$annes"
    asks "$@" --secure --root root.cvc --serial "$its"
    asks "$@" --serial "$its"
done
set -- pka login --reader "$vault" --secure --root root.cvc
fails 35 "$glasshsm" "$@" "${custodian[@]}" others.cvc
fails 31 "$glasshsm" "$@" --custodian "$anne" --custodian-serial "$its"
asks "$@" "${custodian[@]}" root.cvc --custodian-serial "$annes"
asks "$@" --custodian "$anne"
grep -q "ask for the User PIN" err || fail "the token's own PIN has no name: $(cat err)"
# A serial number is enough to name a reader by.
"$glasshsm" token info --serial "$annes" --json | grep -q "\"reader\":\"$anne\""
fails 2 "$glasshsm" pka login --reader "$vault" --custodian "$vault"
