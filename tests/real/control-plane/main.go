// Command headgate-kube is the real Kubernetes control plane in one program: etcd, the API server, the controller
// manager, the scheduler and kubectl, chosen by the first argument. The tests start it without a container runtime.
package main

import (
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	kubectlutil "k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

var programs = map[string]func() *cobra.Command{
	"etcd":                    newEtcdCommand,
	"kube-apiserver":          apiserver.NewAPIServerCommand,
	"kube-controller-manager": controllers.NewControllerManagerCommand,
	"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
	"kubectl":                 kubectl.NewDefaultKubectlCommand,
}

func main() {
	if len(os.Args) < 2 || programs[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: headgate-kube etcd|kube-apiserver|kube-controller-manager|kube-scheduler|kubectl ...")
		os.Exit(2)
	}
	name := os.Args[1]
	// Each program reads os.Args itself and expects its own name first.
	os.Args = os.Args[1:]
	command := programs[name]()
	if name == "kubectl" {
		if err := cli.RunNoErrOutput(command); err != nil {
			kubectlutil.CheckErr(err)
		}
		return
	}
	os.Exit(cli.Run(command))
}

// newEtcdCommand runs a single etcd member that does not sync to disk: a test cluster's data need not outlive the machine.
func newEtcdCommand() *cobra.Command {
	var dir, listen string
	command := &cobra.Command{Use: "etcd", RunE: func(*cobra.Command, []string) error {
		clients, err := url.Parse(listen)
		if err != nil {
			return err
		}
		config := embed.NewConfig()
		config.Dir = dir
		config.ListenClientUrls = []url.URL{*clients}
		config.AdvertiseClientUrls = []url.URL{*clients}
		config.ListenPeerUrls = []url.URL{{Scheme: "http", Host: "127.0.0.1:0"}}
		config.UnsafeNoFsync = true
		config.LogLevel = "error"
		member, err := embed.StartEtcd(config)
		if err != nil {
			return err
		}
		defer member.Close()
		stop := make(chan os.Signal, 1)
		signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
		select {
		case <-stop:
			return nil
		case err := <-member.Err():
			return err
		}
	}}
	command.Flags().StringVar(&dir, "dir", "", "folder of the data")
	command.Flags().StringVar(&listen, "listen", "http://127.0.0.1:2379", "URL for clients")
	return command
}
