#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # $work is made by lib.sh
# A program of docs/HOSTS.md against a token in a real reader: runs the page's commands, which
# verify what they get, and then looks at what they left. Usage: test_hosts.sh TOOL PAGE SECTION
set -eu
glasshsm=$(realpath "$1")
page=$(realpath "$2")
section=$3
here=$(realpath "$(dirname "$0")")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$here/lib.sh"
need dpkg-query

beginning="Two keys and their certificates"

section_of_page() { # title
    sed -n "/^## $1\$/,/^## /p" "$page"
}

commands_of() {
    section_of_page "$1" | sed -n -e 's/^    //p' -e '/^$/p'
}

packages_of() {
    section_of_page "$1" | sed -n 's/^Packages: //p'
}

skip() {
    echo "skipped: $*"
    exit 77
}

need_packages() {
    local package
    for package; do
        grep -qx "?\?$package" "$here/../../.ci/packages" || fail "$package is not in .ci/packages"
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
            skip "$package is not installed"
    done
}

# --- What a section needs besides its packages; $around is the command before the world's ---

around=()

# Root's sshd wants /run/sshd: in a mount namespace, so that the machine does not get one.
prepare_OpenSSH() {
    case $(getent passwd "$(id -u)") in
    '' | *nologin | */false) skip "this user cannot log in" ;;
    esac
    [ "$(id -u)" = 0 ] && ! [ -d /run/sshd ] || return 0
    unshare --mount true || skip "there is no /run/sshd, and no namespace to make it in"
    around=(unshare --mount sh -c
        'mount -t tmpfs -o mode=755 tmpfs /run && mkdir /run/sshd && exec "$@"' sh)
}

prepare_GnuPG() {
    [ "$(of_host gnupg-own)" = yes ] ||
        skip "scdaemon $(installed_version scdaemon) does not find keys of this card, and gpg-agent asks for ever"
}

# What no page should teach, and the test wants to know, after the commands of the section: that a
# limit of which the page tells is still there, and where it comes from. Here the halves of a DER
# structure (30 44 and the like) as the two numbers of a signature.
beyond_GnuPG() {
    cat <<'END'
smime --local-user /CN=ec.example --output ec.p7s --detach-sign letter
gpgsm --verify ec.p7s letter 2>ec.judgement && false
ec_grip=$(sed -n 's/^S KEYPAIRINFO \([0-9A-F]*\) HSM.11$/\1/p' learned)
gpg-connect-agent "option pinentry-mode=loopback" "/definqfile PASSPHRASE pin" "sigkey $ec_grip" \
    "sethash --hash=sha256 $digest" "/datafile agent.sig" pksign /bye
END
}

run_page() {
    {
        commands_of "$beginning"
        commands_of "$section"
        if declare -F "beyond_$section" >/dev/null; then
            "beyond_$section"
        fi
        echo "'$glasshsm' log show >log"
    } >"$work/commands"
    mkdir "$work/here"
    cd "$work/here"
    export HOME=$work
    "${around[@]}" "$glasshsm" run -- bash -eu -o pipefail "$work/commands" \
        >"$work/output" 2>&1 </dev/null || fail "$(cat "$work/output")"
}

# --- What must be there at the end, by section ---

signatures_at_least() {
    local made
    made=$(grep -c ' signature  *9000 ' log)
    [ "$made" -ge "$1" ] || fail "$made signatures in the log, expected $1 at least"
}

by_key() { # request, its form, key
    equal "key of $1" "$(cat "$3.public.pem")" "$(openssl req -in "$1" -inform "$2" -pubkey -noout)"
}

says() { # file, pattern
    grep -q -e "$2" "$1" || fail "$1 does not say '$2': $(cat "$1")"
}

keeps_quiet() { # file, pattern
    ! grep -q -e "$2" "$1" || fail "$1 says '$2': $(cat "$1")"
}

left_by_OpenSC() {
    signatures_at_least 3
    says everybody-sees "label: *'open'"
    keeps_quiet everybody-sees "label: *'closed'"
    keeps_quiet everybody-sees "Private Key"
    says i-see "label: *'closed'"
    keeps_quiet what-is-left "label: *\(rsa\|'open'\|'closed'\|p15\|ca\)"
    says what-is-left "label: *ec"
    says with-the-new-pin "label: *ec"
    says blocked "User PIN locked"
    says free-again "label: *ec"
    says slots "token label *: again"
    says slots-at-last "token label *: once more"
    says "$work/output" "^No errors$"
}

left_by_OpenSSL() {
    local key
    signatures_at_least 6
    for key in rsa ec; do
        by_key $key.csr PEM $key
        says $key.handshake "Protocol version: TLSv1.3"
        says $key.handshake "Verification: OK"
        says $key.page "^HTTP/1.0 200 ok"
    done
    says rsa.handshake "Signature type: $(of_host rsa-in-tls)"
    says ec.handshake "Signature type: $(of_host ec-in-tls)"
}

# Requests and certificates, PSS, ECDSA, ECDH, decryption, handshakes: the page compares the rest.
left_by_pkcs11-provider() {
    left_by_OpenSSL
    signatures_at_least 8
    equal "decryption and agreement" 2 "$(grep -c ' decryption  *9000 ' log)"
    says "$work/output" "^Verified OK$"
}

left_by_gnupg-pkcs11-scd() {
    signatures_at_least 1
    says log " decryption  *9000 "
    says status "^Serial number "
    says learned "^S APPTYPE PKCS11$"
    says learned "^S KEYPAIRINFO .*/10$"
}

left_by_OpenSSH() {
    signatures_at_least 4
    equal "keys" 2 "$(wc -l <keys)"
    says rsa.login "^in with RSA$"
    says ec.login "^in with EC$"
    says host.login "^in, by a host key of the token$"
    says "$work/output" "Accepted publickey for .*: ECDSA SHA256:"
}

left_by_NSS() {
    signatures_at_least 4
    says modules "Token Manufacturer: Glass HSM"
    says keys "rsa  *10  *"
    says keys "ec  *11  *"
    says certificates ":ec  *u,u,u"
    by_key old.csr DER rsa
}

left_by_GnuTLS() {
    signatures_at_least 4
    says objects "Private key (RSA-2048)"
    says objects "Private key (EC/ECDSA-SECP256R1)"
    by_key rsa.csr PEM rsa
    by_key ec.csr PEM ec
}

left_by_Java() {
    signatures_at_least 3
    says keys "^rsa, PrivateKeyEntry"
    says keys "^ec, PrivateKeyEntry"
    by_key ec.csr PEM ec
}

left_by_GnuPG() {
    signatures_at_least 5
    says ec.judgement "invalid signature"
    od -An -v -tx1 agent.sig | tr -d ' \n' >agent.hex
    says agent.hex "^28373a7369672d76616c28353a6563647361" # (7:sig-val(5:ecdsa
    says agent.hex "28313a7233[0-9]*3a304[0-9a-f]02" # (1:r35:0E.!
    says status "^Reader .*Glass HSM"
    says learned "^S APPTYPE sc-hsm$"
    says learned "^S KEYPAIRINFO .* HSM.11$"
}

left_by_pyscard() {
    signatures_at_least 1
    says log " signature  *6982 "
}

[ -n "$(commands_of "$section")" ] || fail "$page has no section $section"
# shellcheck disable=SC2046 # one word a package
need_packages $(packages_of "$beginning") $(packages_of "$section")
if declare -F "prepare_$section" >/dev/null; then
    "prepare_$section"
fi
run_page
"left_by_$section"
