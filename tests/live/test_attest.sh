#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the log says of keys: generated, imported, derived, exported; and that a log which was
# altered, or is another token's, says nothing. Runs the lines of docs/AUDIT.md.
# Usage: test_attest.sh TOOL PAGE
set -eu
glasshsm=$(realpath "$1") page=$(realpath "$2")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need pkcs11-tool opensc-tool openssl

{
    cat <<'INSIDE'
set -eu
. "$words"
told() { # status, part of the JSON object, arguments
    local expected=$1 part=$2
    shift 2
    fails "$expected" "$GLASSHSM" attest verify --log snapshot --receipt receipt --json "$@"
    grep -qF "$part" out || {
        cat out >&2
        echo "failed: $* does not tell $part" >&2
        exit 1
    }
}

mine="Glass HSM 00 00" other="Glass HSM 00 01"
export PIN=648219 SO_PIN=3537363231383830
other_log=$(dirname "$GLASSHSM_SOCKET")/admin-2.sock
head -c 32 /dev/urandom >share
for reader in "$mine" "$other"; do
    glasshsm token init --reader "$reader" --yes --dkek-shares 1 --so-pin-env SO_PIN --new-pin-env PIN
    glasshsm dkek import share --raw-share --reader "$reader" --pin-env PIN
done
make() { # slot, id, type
    pkcs11-tool --slot-index "$1" --login --pin $PIN --keypairgen --key-type "$3" --id "$2" >made 2>&1
}
# 01 and 02 made here, 06 brought in, 03 and 04 derived from them, 05 an AES key.
glasshsm key generate P-256 01 --derive --reader "$mine" --pin-env PIN
make 0 02 rsa:1024
glasshsm key generate P-256 01 --derive --reader "$other" --pin-env PIN
make 1 02 EC:prime256v1
fails 2 glasshsm key generate rsa:1024 07 --derive --reader "$mine" --pin-env PIN
fails 2 glasshsm key generate Ed25519 07 --derive --reader "$mine" --pin-env PIN
glasshsm key wrap 01 --reader "$other" --pin-env PIN --out moving
glasshsm key unwrap moving 06 --reader "$mine" --pin-env PIN
parameter=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
opensc-tool --reader 0 -s 0020008106363438323139 -s 807601032198$parameter \
    -s 807606042198$parameter -s 004805B2 >sent
[ "$(grep -c 'SW1=0x90' sent)" = 4 ] || { cat sent; exit 1; }
opensc-tool --reader 1 -s 0020008106363438323139 -s 807602032198$parameter >sent # 02 has no list
[ "$(grep -c 'SW1=0x6A, SW2=0x81' sent)" = 1 ] || { cat sent; exit 1; }
glasshsm key wrap 01 --reader "$mine" --pin-env PIN --out copy
glasshsm key wrap 05 --reader "$mine" --pin-env PIN --out copy5
glasshsm log receipt --socket "$other_log" other.receipt
INSIDE
    section "How a key came to be"
    cat <<'INSIDE'
told 0 '"origin":"generated"' key.der
told 0 '"exports":1,"imported_again":0,"store_copies":0' key.der
told 0 '"origin":"generated"' --at cc05
told 0 '"exports":1' --at cc05
told 61 'none of these records' --at cc07

# As PEM, as a request, in a certificate, by name.
openssl pkey -pubin -inform DER -in key.der -out key.pem
told 0 '"origin":"generated"' key.pem
glasshsm object read ce01 --reader "$mine" >request
told 0 '"origin":"generated"' request
name=$(glasshsm log show --json | sed -n 's/.*"act":30,.*"obj":"cc02","key":"\([^"]*\)".*/\1/p')
told 0 '"file":"cc02"' --key "$name"
told 0 '"file":"cc02"' --key "${name:0:16}"
glasshsm object read ce02 --reader "$mine" >request02
told 0 "\"key\":\"$name\"" request02
openssl req -x509 -newkey rsa:1024 -nodes -keyout /dev/null -subj /CN=x -out certificate 2>/dev/null
told 61 'none of these records' certificate
fails 1 "$GLASSHSM" attest verify --log snapshot --receipt receipt share

# Brought in; and derived, from either.
pkcs15-tool --reader 1 --read-public-key 01 >moved.pem 2>err
told 61 '"origin":"imported"' moved.pem
told 61 '"file":"cc06"' moved.pem
told 0 '"origin":"derived"' --at cc03
told 0 '"source":{"file":"cc01","key":' --at cc03
told 0 '"origin":"generated","exports":1}' --at cc03 # who has the source has the key
told 61 '"origin":"imported","exports":0}' --at cc04
told 61 'derived from one that was brought in' --at cc04
glasshsm object read ce03 --reader "$mine" >request03
told 0 '"origin":"derived"' request03
glasshsm object read 2f02 --reader "$mine" >mine.2f02
fails 1 "$GLASSHSM" attest verify --device mine.2f02 request03 # the device signs none for it
pkcs15-tool --reader 1 --read-public-key 02 >stranger.pem 2>err
told 61 'none of these records' stranger.pem

# The other token has its own story of the same key.
glasshsm log snapshot --socket "$other_log" other.snapshot
fails 0 "$GLASSHSM" attest verify --log other.snapshot --receipt other.receipt moved.pem
grep -q '^origin  generated' out
grep -q 'exported 1 times' out

# Forged: the import's record says that the key was generated; another's receipt; cut; no receipt.
sed 's/"act":51,\(.*"obj":"cc06"\)/"act":30,\1/' snapshot >forged
! cmp -s snapshot forged || fail "nothing was forged"
fails 56 "$GLASSHSM" attest verify --log forged --receipt receipt moved.pem
fails 56 "$GLASSHSM" attest verify --log forged --receipt receipt --json moved.pem
grep -q '"proved":false.*"origin":null' out
fails 55 "$GLASSHSM" attest verify --log snapshot --receipt other.receipt moved.pem
head -n -1 snapshot >cut
fails 56 "$GLASSHSM" attest verify --log cut --receipt receipt key.der
fails 2 "$GLASSHSM" attest verify --log snapshot key.der
fails 2 "$GLASSHSM" attest verify --log snapshot --receipt receipt
fails 2 "$GLASSHSM" attest verify --log snapshot --receipt receipt key.der --at cc01
fails 2 "$GLASSHSM" attest verify --log snapshot --receipt receipt --at cf01
fails 2 "$GLASSHSM" attest verify --log snapshot --receipt receipt --key 00
fails 2 "$GLASSHSM" attest verify --log snapshot --receipt receipt --key 0000000000000000

# What is gone from its place is not what is there; by its name it still is.
glasshsm object delete cc06 --yes --reader "$mine" --pin-env PIN
glasshsm object delete cc05 --yes --reader "$mine" --pin-env PIN
rm snapshot
glasshsm log snapshot snapshot
told 61 'none of these records' --at cc06
told 61 'none of these records' --at cc05
told 61 '"origin":"imported"' moved.pem
glasshsm key unwrap copy 06 --reader "$mine" --pin-env PIN
rm snapshot
glasshsm log snapshot snapshot
told 0 '"exports":1,"imported_again":1' key.der
told 61 '"origin":"imported"' --at cc06
glasshsm key generate P-256 07 --reader "$mine" --pin-env PIN
rm snapshot
glasshsm log snapshot snapshot
last=$(tail -n 1 snapshot | sed 's/.*"seq":\([0-9]*\).*/\1/')
told 0 "\"last_record\":$last" --at cc07
INSIDE
} >"$work/inside.sh"

cd "$work"
"$glasshsm" run --tokens 2 -- bash inside.sh
