/** `.zshenv` of its startup directory, which zsh reads before anything of the person's. It gives the person's directory back. */
export const zsh = String.raw`
() { local fd=$1; exec {fd}>&- } 200
if [[ -n $BURROW_ZDOTDIR ]]; then ZDOTDIR=$BURROW_ZDOTDIR; else unset ZDOTDIR; fi
unset BURROW_ZDOTDIR
[[ -f ${'$'}{ZDOTDIR:-$HOME}/.zshenv ]] && source "${'$'}{ZDOTDIR:-$HOME}/.zshenv"
if [[ -o interactive ]]; then
  typeset -gi __burrow_ran=0
  __burrow_escape() {
    local text=$1
    text=${'$'}{text//\\/\\\\}
    text=${'$'}{text//;/\\x3b}
    print -rn -- "${'$'}{text//[[:cntrl:]]/?}"
  }
  __burrow_precmd() {
    local code=$?
    if (( __burrow_ran )); then printf '\e]633;D;%s\a' "$code"; else printf '\e]633;D\a'; fi
    __burrow_ran=0
    printf '\e]633;P;Cwd=%s\a' "$(__burrow_escape "$PWD")"
    [[ $PS1 == *'633;B'* ]] || PS1=$'%{\e]633;A\a%}'$PS1$'%{\e]633;B\a%}'
  }
  __burrow_preexec() { __burrow_ran=1; printf '\e]633;C\a' }
  precmd_functions+=(__burrow_precmd)
  preexec_functions+=(__burrow_preexec)
fi
`;
