#!/bin/sh
# One release from three keys to a verified audit record, through the command line alone,
# with every refusal that the rules promise on the way.
#
# Usage: COUNTERSIGN_CLI=PROGRAM journey.sh FOLDER
#
# FOLDER must not be there yet; it holds everything afterwards: the home, the bundle.
# Needs unzip, jq, sha256sum and ssh-keygen for the last part.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cli=${COUNTERSIGN_CLI:?names the program to test}
work=${1:?names the folder to make and to work in}
mkdir "$work"
work=$(CDPATH='' cd -- "$work" && pwd)
umask 077

COUNTERSIGN_HOME=$work/home
NO_COLOR=1
export COUNTERSIGN_HOME NO_COLOR

# ---- how the script speaks and checks -----------------------------------------------

step() {
    printf '\n== %s\n' "$*"
}

fail() {
    printf 'journey: %s\n' "$1" >&2
    cat "$work/said" >&2
    exit 1
}

# expect CODE COMMAND...: runs it, shows what it said, and wants this exit code.
expect() {
    wanted=$1
    shift
    code=0
    "$@" >"$work/said" 2>&1 || code=$?
    cat "$work/said"
    [ "$code" -eq "$wanted" ] || fail "exit code $code instead of $wanted: $*"
}

# says WORDS: the last command said so.
says() {
    grep -qF -- "$1" "$work/said" || fail "it did not say: $1"
}

# as PERSON COMMAND...: with that person's key; the passphrase goes by a descriptor.
as() {
    person=$1
    shift
    "$cli" --key "$person@example.org" --passphrase-fd 3 "$@" 3<"$work/passphrase-$person"
}

ask() {
    "$cli" "$@"
}

# by_variable PASSPHRASE COMMAND...: with the passphrase in the environment.
by_variable() (
    COUNTERSIGN_PASSPHRASE=$1
    export COUNTERSIGN_PASSPHRASE
    shift
    exec "$cli" "$@"
)

# exception_id: of the only exception in the last answer.
exception_id() {
    ask --json except list | jq -r '.[0].id'
}

sign_all() {
    for pair in ana:security ben:devops cleo:management; do
        expect 0 as "${pair%%:*}" sign --role "${pair#*:}" --acknowledge "$exception"
        says "You are about to sign:"
        says "event "
        says "SHA256:"
        says "digest "
    done
}

# ---- three people -------------------------------------------------------------------

step 'Three keys'
for person in ana ben cleo; do
    printf 'correct horse of %s\n' "$person" >"$work/passphrase-$person"
done
expect 0 as ana key create --owner 'Ana Ortiz' --email ana@example.org
expect 0 as ben key create --owner 'Ben Haas' --email ben@example.org
expect 0 by_variable 'correct horse of cleo' \
    key create --owner 'Cleo Lind' --email cleo@example.org --name cleo
expect 0 ask key list
says ana@example.org
says cleo@example.org

step 'The project, with its source tree and a secret that is far too weak'
cp "$here/countersign.toml" "$work/countersign.toml"
mkdir "$work/source"
printf 'JWT_SECRET=changeme\n' >"$work/source/.env"
expect 0 as ana project create "$work/countersign.toml" --role security
ask key public ben@example.org >"$work/ben.pub"
expect 0 as ana roster add --name 'Ben Haas' --email ben@example.org \
    --public-key "$work/ben.pub" --role devops
expect 0 as ana roster add --name 'Cleo Lind' --email cleo@example.org \
    --public-key "$(ask key public cleo)" --role management
expect 77 as ben roster add --name 'Mal' --email mal@example.org \
    --public-key "$work/ben.pub" --role security
says 'needs the role admin'

# ---- the release --------------------------------------------------------------------

step 'A release, pinned to the checklist of the team'
expect 0 ask template import "$here/team-checklist.toml"
digest=$(printf 'the image' | sha256sum | cut -d ' ' -f 1)
expect 0 as ben release open 1.0.0 --environment production --template team-checklist \
    --artifact "app.tar=$digest" --ticket CHG-7 --reason 'First release'
expect 1 ask gate
says NO-GO

step 'The machine looks'
expect 1 as ben check
says 'JWT_SECRET'
printf 'JWT_SECRET=%s\n' "$(ask secrets generate jwt-secret 2>/dev/null)" >"$work/source/.env"
expect 2 as ben check
says 'could not tell'
expect 0 as ben check --failed --allow-active
expect 0 as ben check --allow-active
says '✓ pass'

step 'People look'
printf 'old tokens are refused: 401\n' >"$work/rotation.txt"
expect 77 as ben sign --role devops
says 'not ready'
expect 0 as ben attest secrets.rotation --done --note 'Tried an old token' --file "$work/rotation.txt"
expect 0 as ben attest operations.runbook --done

step 'One item is not there in time: one asks, another decides'
expires=$(date -u -d '+7 days' +%Y-%m-%d 2>/dev/null || date -u -v+7d +%Y-%m-%d)
expect 77 as ana except request secrets.rotation --reason hurry --control none \
    --owner ana@example.org --expires "$expires"
says 'critical'
expect 0 as ana except request operations.backup --reason 'The store is new' \
    --control 'Two replicas' --owner ben@example.org --expires "$expires"
exception=$(exception_id)
expect 77 as ben except approve "$exception"
expect 77 as ana except approve "$exception"
says 'cannot decide'
expect 0 as cleo except approve "$exception" --note 'For a week'
expect 3 ask gate
says READY

# ---- three signatures ---------------------------------------------------------------

step 'Three sign, each for one role'
expect 77 as ana sign --role security
says 'acknowledge'
expect 77 by_variable 'not the passphrase' \
    --key ana@example.org sign --role security --acknowledge "$exception"
expect 77 as ben deploy record --by ben@example.org --verified-by cleo@example.org
sign_all
expect 0 ask gate
says '✓ GO'
expect 0 as ana roster add --name 'Ana Ortiz' --email ana@example.org \
    --public-key "$(ask key public ana@example.org)" --role admin --role security --role devops
says 'Proposed: needs devops'
proposal=$(ask --json roster proposals | jq -r '.[0].id')
expect 77 as ana roster decide "$proposal" --approve
expect 0 as ben roster decide "$proposal" --approve
expect 77 as ana sign --role devops --acknowledge "$exception"

step 'A tick that changes afterwards makes every signature stale'
sign_all
expect 0 ask gate
expect 0 as ben attest operations.runbook --not-done --note 'The number is wrong'
expect 1 ask gate
says 'stale'
says 'The runbook names who is called at night'
expect 0 as ben attest operations.runbook --done --note 'The number is right'
expect 1 ask gate
says 'stale'
sign_all
expect 0 ask gate

# ---- out ----------------------------------------------------------------------------

step 'It goes out, done by one and looked at by another'
expect 77 as ben deploy record --by ben@example.org --verified-by ben@example.org
says 'both'
expect 0 as ben deploy record --by ben@example.org --verified-by cleo@example.org --reference run-42
expect 77 as cleo deploy verify
expect 0 as cleo attest after.sign-in --done
expect 77 as ben deploy verify
says 'named to verify'
expect 0 as cleo deploy verify --note 'Signed in, read a mail'
expect 0 as ana release close --note 'Done'
expect 0 ask release show
says closed
expect 0 ask release checklist
says '- [x] JWT_SECRET holds 64 random bytes'
expect 0 ask project check
says whole

# ---- the record ---------------------------------------------------------------------

step 'The record verifies, here and with stock tools'
expect 0 ask export --out "$work/bundle.zip"
roles=security,devops,management
expect 0 ask verify "$work/bundle.zip" --require "$roles" --subject "sha256:$digest" --max-age 24h
head=$(ask --json export | jq -r '.heads[0]')
expect 0 ask verify "$work/bundle.zip" --head "$head"
expect 2 ask verify "$work/bundle.zip" --head "$digest"
expect 2 ask verify "$work/bundle.zip" --require admin
expect 2 ask verify "$work/bundle.zip" --subject "sha256:$(printf other | sha256sum | cut -d ' ' -f 1)"
mkdir "$work/recipe"
cp "$work/bundle.zip" "$work/recipe"
# shellcheck disable=SC2016 # the backticks are Markdown's
unzip -p "$work/bundle.zip" VERIFY.md | sed -n '/^```sh$/,/^```$/p' | sed '/^```/d' >"$work/recipe/recipe.sh"
grep -q 'ssh-keygen -Y verify' "$work/recipe/recipe.sh" || fail 'the recipe does not use ssh-keygen'
(cd "$work/recipe" && sh -eu recipe.sh) >"$work/said" 2>&1 || fail 'the recipe of VERIFY.md found something wrong'
cat "$work/said"
says 'Good "countersign-event-v1" signature for '

printf '\nThe journey is complete.\n'
