#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # $work is made by lib.sh
# Every mechanism with which OpenSC offers to sign, decrypt or derive, against OpenSSL with the public key
# alone. A mechanism that is offered and not known here is a failure. Usage: test_mechanisms.sh TOOL
set -eu
glasshsm=$1
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
need pkcs11-tool openssl

if [ "${2:-}" != inside ]; then
    "$glasshsm" run -- "$0" "$glasshsm" inside
    exit
fi

cd "$work"

p11() {
    pkcs11-tool --login --pin 648219 "$@" >output 2>&1 || fail "$* : $(cat output)"
}

make_key() { # type, id
    p11 --keypairgen --key-type "$1" --id "$2" --label "key $2"
    p11 --read-object --type pubkey --id "$2" --output-file public.der
    openssl pkey -pubin -inform DER -in public.der -out "$2.pem"
}

offered() { # for what
    pkcs11-tool --list-mechanisms 2>/dev/null | sed -n "s/^  \([^,]*\), .*\b$1\b.*/\1/p"
}

digest_of() { # SHA256-RSA-PKCS: sha256; ECDSA-SHA256: sha256
    local name=${1#ECDSA-}
    echo "${name%%-*}" | tr '[:upper:]' '[:lower:]'
}

sign() { # mechanism, key, file, further options
    p11 --sign --mechanism "$1" --id "$2" --input-file "$3" --output-file signature "${@:4}"
}

verify() { # key, digest, further options
    openssl dgst "-$2" -verify "$1.pem" -signature signature "${@:3}" letter
}

public_operation() { # pkeyutl's operation, key, input, further options
    openssl pkeyutl "$1" -pubin -inkey "$2.pem" -in "$3" "${@:4}"
}

pss=(-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest)

sign_and_verify() { # mechanism
    case $1 in
    RSA-X-509)
        sign "$1" 10 block
        public_operation -encrypt 10 signature -pkeyopt rsa_padding_mode:none | cmp - block
        ;;
    RSA-PKCS)
        sign "$1" 10 digest
        public_operation -verifyrecover 10 signature | cmp - digest
        ;;
    RSA-PKCS-PSS)
        sign "$1" 10 digest --hash-algorithm SHA256 --mgf MGF1-SHA256
        public_operation -verify 10 digest -sigfile signature -pkeyopt rsa_padding_mode:pss \
            -pkeyopt digest:sha256
        ;;
    *-RSA-PKCS)
        sign "$1" 10 letter
        verify 10 "$(digest_of "$1")"
        ;;
    *-RSA-PKCS-PSS)
        sign "$1" 10 letter
        verify 10 "$(digest_of "$1")" "${pss[@]}"
        ;;
    ECDSA)
        sign "$1" 11 digest --signature-format openssl
        public_operation -verify 11 digest -sigfile signature
        ;;
    ECDSA-*)
        sign "$1" 11 letter --signature-format openssl
        verify 11 "$(digest_of "$1")"
        ;;
    *) fail "this test does not know $1" ;;
    esac
}

decrypt() { # mechanism, file, further options
    p11 --decrypt --mechanism "$1" --id 10 --input-file secret --output-file clear "${@:3}"
    cmp clear "$2"
}

encrypt_and_decrypt() { # mechanism
    case $1 in
    RSA-X-509)
        public_operation -encrypt 10 block -pkeyopt rsa_padding_mode:none -out secret
        decrypt "$1" block
        ;;
    RSA-PKCS)
        public_operation -encrypt 10 letter -out secret
        decrypt "$1" letter
        ;;
    RSA-PKCS-OAEP)
        public_operation -encrypt 10 letter -pkeyopt rsa_padding_mode:oaep \
            -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256 -out secret
        decrypt "$1" letter --hash-algorithm SHA256 --mgf MGF1-SHA256
        ;;
    *) fail "this test does not know $1" ;;
    esac
}

agree() { # mechanism
    case $1 in
    ECDH1-DERIVE | ECDH1-COFACTOR-DERIVE) # all cofactors are 1
        p11 --derive --mechanism "$1" --id 11 --input-file peer.der --output-file ours
        openssl pkeyutl -derive -inkey peer.pem -peerkey 11.pem | cmp - ours
        ;;
    *) fail "this test does not know $1" ;;
    esac
}

# What cannot work, with any token.
awaited=$(of_host pss-that-fails)

check() { # mechanism, function
    # shellcheck disable=SC2053 # a pattern
    if ("$2" "$1") >said 2>&1; then
        [[ $1 != $awaited ]] || fail "$1 works now: it is no longer awaited"
    else
        [[ $1 == $awaited ]] || fail "$1, $2: $(cat said)"
    fi
}

echo "a letter" >letter
openssl dgst -sha256 -binary letter >digest
{
    printf '\0'
    head -c 255 /dev/urandom
} >block
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out peer.pem
openssl pkey -in peer.pem -pubout -outform DER -out peer.der
make_key rsa:2048 10
make_key EC:prime256v1 11
signing=$(offered sign)
decrypting=$(offered decrypt)
deriving=$(offered derive)
[ -n "$signing" ] || fail "no mechanism signs"
[ -n "$decrypting" ] || fail "no mechanism decrypts"
[ -n "$deriving" ] || fail "no mechanism derives"
for mechanism in $signing; do
    check "$mechanism" sign_and_verify
done
for mechanism in $decrypting; do
    check "$mechanism" encrypt_and_decrypt
done
for mechanism in $deriving; do
    check "$mechanism" agree
done
