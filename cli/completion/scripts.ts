// Each script passes the command line up to the cursor to `postgres-recovery complete`, and offers what that prints. A line
// is a word, a tab and its description; `:files` stands for the shell's own completion of file names. Nothing of the
// command line is evaluated.

const bash = `# bash completion of postgres-recovery. Load it with: source <(postgres-recovery completion bash)
_postgres_recovery() {
  local line="\${COMP_LINE:0:COMP_POINT}" kept="" value _
  local word="\${line##*[[:space:]]}"
  # Readline replaces only what follows the last word break, and by default these are word breaks.
  case $COMP_WORDBREAKS in
    *:*) [[ $word == *[:=]* ]] && kept="\${word%"\${word##*[:=]}"}" ;;
    *=*) [[ $word == *=* ]] && kept="\${word%"\${word##*=}"}" ;;
  esac
  COMPREPLY=()
  while IFS=$'\\t' read -r value _; do
    if [[ $value == :files ]]; then
      compopt -o default 2>/dev/null
    else
      COMPREPLY+=("$(printf %q "\${value#"$kept"}")")
    fi
  done < <(postgres-recovery complete -- "$line" 2>/dev/null)
}
complete -F _postgres_recovery postgres-recovery
`;

const zsh = `#compdef postgres-recovery
# zsh completion of postgres-recovery. Load it with: source <(postgres-recovery completion zsh)
_postgres_recovery() {
  local value description
  local -a values shown
  while IFS=$'\\t' read -r value description; do
    if [[ $value == :files ]]; then
      compset -P '*='
      _files
      return
    fi
    values+=("$value")
    shown+=("$value\${description:+  -- $description}")
  done < <(postgres-recovery complete -- "\${(j: :)\${(@q)words[1,CURRENT]}}" 2>/dev/null)
  compadd -l -d shown -a values
}
if [[ "$funcstack[1]" == _postgres_recovery ]]; then
  _postgres_recovery "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
  compdef _postgres_recovery postgres-recovery
fi
`;

const fish = `# fish completion of postgres-recovery. Load it with: postgres-recovery completion fish | source
function __postgres_recovery_words
    postgres-recovery complete -- (commandline -cp | string collect) 2>/dev/null | string match -v ':files'
end
function __postgres_recovery_wants_file
    contains -- (commandline -opc)[-1] --kubeconfig --directory --dump-directory --state
end
complete -c postgres-recovery -e
complete -c postgres-recovery -f -a '(__postgres_recovery_words)'
complete -c postgres-recovery -F -n __postgres_recovery_wants_file
`;

/** What a shell has to read to complete the command line of this program. */
export const completionScripts: Readonly<Record<"bash" | "zsh" | "fish", string>> = { bash, zsh, fish };
